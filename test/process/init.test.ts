import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { kf } from '../helpers/cli.js';
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

test('init of something else names what there is', async (t) => {
  const { code, stderr } = await kf(['init', 'docker'], tree(t, {}));
  t.is(code, 2);
  t.regex(stderr, /expected pm2, systemd or config/);
});
