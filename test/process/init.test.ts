import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import test from 'ava';
import { kf } from '../helpers/cli.js';
import { BIN } from '../helpers/cluster.js';
import { tree } from '../helpers/tree.js';

test('init pm2 writes an ecosystem file, and overwrites none', async (t) => {
  const dir = tree(t, { 'app.js': '', 'package.json': '{}' });
  t.is((await kf(['init', 'pm2', 'app.js'], dir)).code, 0);
  const text = readFileSync(join(dir, 'ecosystem.config.cjs'), 'utf8');
  t.regex(text, /name: "app"/);
  t.regex(text, /exec_mode: 'fork'/);
  const again = await kf(['init', 'pm2', 'app.js'], dir);
  t.is(again.code, 1);
  t.regex(again.stderr, /is there already/);
});

test("init config --from writes what start would have used of pm2's file", async (t) => {
  const app = { name: 'api', script: 'app.js', instances: 3, kill_timeout: 8000, env: { OTEL_SERVICE_NAME: 'shop' } };
  const dir = tree(t, { 'app.js': '', 'package.json': '{}', 'e.json': JSON.stringify({ apps: [app] }) });
  const { stdout, code } = await kf(['init', 'config', '--from', 'e.json'], dir);
  t.is(code, 0);
  t.regex(stdout, /next: kf-cluster start app\.js/);
  const shown = JSON.parse((await kf(['config', 'app.js', '--json'], dir)).stdout);
  t.is(shown.options.workers.value, '3');
  t.is(shown.options['drain-timeout'].value, '6s');
  t.is(shown.options.name.value, 'api');
});

test('init config finds an ecosystem file of CommonJS, and says what to do where there is none', async (t) => {
  const text = "module.exports = { apps: [{ name: 'api', script: 'app.js' }] };";
  const dir = tree(t, { 'app.js': '', 'package.json': '{}' });
  const none = await kf(['init', 'config'], dir);
  t.is(none.code, 78);
  t.regex(none.stderr, /no ecosystem file of pm2 in .*\n.*ecosystem\.config\.cjs.*\n.*--from FILE/);
  writeFileSync(join(dir, 'ecosystem.config.cjs'), text);
  const { code, stderr } = await kf(['init', 'config'], dir);
  t.is(code, 0, stderr);
});

test('init of something else names what there is', async (t) => {
  const { code, stderr } = await kf(['init', 'helm'], tree(t, {}));
  t.is(code, 2);
  t.regex(stderr, /expected pm2, systemd, config, docker, kubernetes or collector/);
});

test('init pm2 keeps the flags, the name and the arguments of the app', async (t) => {
  const dir = tree(t, { 'web.js': '', 'package.json': '{"name":"shop"}' });
  t.is((await kf(['init', 'pm2', 'web.js', '-w', '2', '--drain-timeout', '3s', '--', '--x'], dir)).code, 0);
  const started = await kf(['start', 'ecosystem.config.cjs'], dir);
  t.is(started.code, 78, 'it would be a supervisor that supervises itself');
  t.regex(
    started.stderr,
    /kf-cluster itself: the file is for pm2\. Without pm2: kf-cluster start web\.js --workers=2 /,
  );
  const [app] = createRequire(join(dir, 'x'))('./ecosystem.config.cjs').apps;
  t.like(app, { name: 'shop', kill_timeout: 3_000 + 5_000 + 3_000 });
  const shown = JSON.parse((await kf(['config', ...app.args.slice(1, app.args.indexOf('--')), '--json'], dir)).stdout);
  t.is(shown.options.workers.value, '2');
  t.is(shown.options.name.value, 'shop');
  t.deepEqual(app.args.slice(-2), ['--', '--x']);
});

test('init systemd writes a unit', async (t) => {
  const dir = tree(t, { 'web.js': '', 'package.json': '{"name":"my shop"}' });
  const { code, stdout } = await kf(['init', 'systemd', 'web.js', '-w', '2'], dir);
  t.is(code, 0);
  t.regex(stdout, /next: sudo cp .*my_shop\.service .* systemctl enable --now my_shop/);
  const file = join(dir, 'my_shop.service');
  const text = readFileSync(file, 'utf8');
  t.regex(text, /^ExecStart=\S+ \S+bin\.cjs start web\.js --workers=2 --name "my shop" /m);
  t.regex(text, /^TimeoutStopSec=28$/m);
  t.regex(text, /^KillMode=mixed$/m);
});

test('init systemd by npx, without an install: the unit starts what is to be installed first, never the cache', async (t) => {
  const dir = tree(t, { 'shop/web.js': '', 'shop/package.json': '{}', '_npx/4f2a/node_modules/kf-cluster/x': '' });
  const cached = join(dir, '_npx/4f2a/node_modules/kf-cluster/bin.cjs');
  symlinkSync(BIN, cached);
  const { code, stdout, stderr } = await kf(['init', 'systemd', 'web.js'], join(dir, 'shop'), {}, cached);
  t.is(code, 0, stderr);
  t.regex(stdout, /next: npm install kf-cluster && sudo cp /);
  const text = readFileSync(join(dir, 'shop/web.service'), 'utf8');
  t.true(text.includes(` ${join(dir, 'shop/node_modules/kf-cluster/dist/bundle/bin.cjs')} start web.js `), text);
});

test('no hint for a word that is no command names one that ends or changes what runs', async (t) => {
  for (const word of ['shop', 'stob', 'restrt', 'relod', 'scal']) {
    const { code, stderr } = await kf([word], tree(t, {}));
    t.is(code, 2);
    t.notRegex(stderr, /Did you mean kf-cluster (stop|restart|reload|scale|signal)/);
  }
});
