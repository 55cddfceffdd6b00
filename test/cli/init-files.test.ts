import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { loadAll } from 'js-yaml';
import { readPlainStart } from '../../src/cli/plain-start.js';
import { tree } from '../helpers/tree.js';
import { errorIn, runIn, setEnv } from './run-here.js';

const APP = { 'package.json': '{ "name": "shop" }', 'app.js': '' };
const load = createRequire(import.meta.url);

/** What pm2 would make of the file: the app's words behind `start`, as our own command line reads them. */
function readBack(dir: string) {
  const [app] = load(join(dir, 'ecosystem.config.cjs')).apps;
  return { app, start: readPlainStart(app.args) };
}

test.serial('init pm2: the words of the file are read as the flags that were given', async (t) => {
  const dir = tree(t, APP);
  const given = ['-w', '3', '--no-telemetry', '--hooks', 'a b.mjs', '--drain-timeout', '10s', '--flush-timeout', '3s'];
  const { code, out } = await runIn(dir, 'init', 'pm2', 'app.js', ...given, '--', '--port', '80', 'it\'s "x"');
  t.is(code, 0);
  t.is(out, `${join(dir, 'ecosystem.config.cjs')}\nnext: npm install kf-cluster && pm2 start ecosystem.config.cjs\n`);
  const { app, start } = readBack(dir);
  t.deepEqual(start, {
    ...{ script: 'app.js', workers: '3', telemetry: false, hooks: ['a b.mjs'] },
    ...{ name: 'shop', 'drain-timeout': '10000ms', 'flush-timeout': '3000ms' },
    '--': ['--port', '80', 'it\'s "x"'],
  });
  t.like(app, { name: 'shop', cwd: dir, exec_mode: 'fork', instances: 1, wait_ready: true });
});

test.serial('init pm2: pm2 gives the supervisor the time that drain and flush may take, and more', async (t) => {
  const dir = tree(t, APP);
  await runIn(dir, 'init', 'pm2', 'app.js', '--drain-timeout', '10s', '--flush-timeout', '3s');
  t.true(readBack(dir).app.kill_timeout > 13_000);
});

for (const name of ['it\'s "mine"', 'läden & söhne', '$HOME', '@scope/api', 'a\\b']) {
  test.serial(`init pm2: the name ${name} stands in the file as it is`, async (t) => {
    const dir = tree(t, APP);
    t.is((await runIn(dir, 'init', 'pm2', 'app.js', '--name', name)).code, 0);
    const { app, start } = readBack(dir);
    t.is(app.name, name);
    t.is(start?.name, name);
  });
}

/** A unit's settings, each with its values in order. */
function unitOf(text: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const [, key = '', value = ''] of text.matchAll(/^(\w+)=(.*)$/gm))
    found.set(key, [...(found.get(key) ?? []), value]);
  return found;
}

/** The words of ExecStart as systemd.service(5) splits them: quotes, C escapes in them, %% and $$. */
function wordsOfUnit(command: string): string[] {
  return [...command.matchAll(/"(?:[^"\\]|\\.)*"|\S+/g)].map(([word]) =>
    (word.startsWith('"') ? String(JSON.parse(word)) : word).replaceAll('%%', '%').replaceAll('$$', '$'),
  );
}

test.serial('init systemd: what stands behind ExecStart is split into the words that were given', async (t) => {
  const dir = tree(t, APP);
  const odd = ['100%', '$HOME', 'a b', 'say "x"', "it's", 'back\\slash', 'plain'];
  const { code, out } = await runIn(dir, 'init', 'systemd', 'app.js', '--name', 'my shop', '--', ...odd);
  t.is(code, 0);
  const file = join(dir, 'my_shop.service');
  t.true(out.startsWith(`${file}\nnext: sudo cp ${file} `));
  const unit = unitOf(readFileSync(file, 'utf8'));
  const [node, , ...words] = wordsOfUnit(unit.get('ExecStart')?.[0] ?? '');
  t.is(node, process.execPath);
  t.like(readPlainStart(words), { script: 'app.js', name: 'my shop', '--': odd });
  t.deepEqual(unit.get('WorkingDirectory'), [dir]);
});

test.serial('init systemd: a per cent sign in a name or a directory is no specifier', async (t) => {
  const dir = join(tree(t, { '100%/app.js': '' }), '100%');
  await runIn(dir, 'init', 'systemd', 'app.js', '--name', '50%off');
  const unit = unitOf(readFileSync(join(dir, '50_off.service'), 'utf8'));
  t.deepEqual(unit.get('Description'), ['50%%off under kf-cluster']);
  t.deepEqual(unit.get('WorkingDirectory'), [dir.replace('100%', '100%%')]);
});

test.serial('init systemd: it stops as slowly as drain and flush, and codes that come again end it', async (t) => {
  const dir = tree(t, APP);
  await runIn(dir, 'init', 'systemd', 'app.js', '--drain-timeout', '10.2s', '--flush-timeout', '3s');
  const unit = unitOf(readFileSync(join(dir, 'shop.service'), 'utf8'));
  t.deepEqual(unit.get('TimeoutStopSec'), ['17']); // 10.2 + 3 + 3, up
  t.deepEqual(unit.get('RestartPreventExitStatus'), ['2 70 73 78']);
  t.deepEqual(unit.get('KillMode'), ['mixed']);
});

for (const [what, env, user] of [
  ['who has called sudo', { SUDO_USER: 'deploy', USER: 'root' }, 'deploy'],
  ['who calls', { SUDO_USER: undefined, USER: 'web' }, 'web'],
  ['root where nothing says who', { SUDO_USER: undefined, USER: undefined }, 'root'],
] as const) {
  test.serial(`init systemd: it runs as ${what}`, async (t) => {
    setEnv(t, env);
    const dir = tree(t, APP);
    await runIn(dir, 'init', 'systemd', 'app.js');
    t.deepEqual(unitOf(readFileSync(join(dir, 'shop.service'), 'utf8')).get('User'), [user]);
  });
}

const ecosystem = (...apps: object[]) => `module.exports = ${JSON.stringify({ apps })}`;

test.serial('init config: the file that it writes says to start what the app of pm2 said', async (t) => {
  const app = { name: 'api', script: './app.js', instances: 3, kill_timeout: 4_000, env: { MODE: 'x"y' }, args: 'a b' };
  const dir = tree(t, {
    ...APP,
    'ecosystem.config.cjs': ecosystem({ ...app, exec_mode: 'cluster', log_date_format: 'YYYY' }),
  });
  const { code, out } = await runIn(dir, 'init', 'config');
  t.is(code, 0);
  t.is(out.split('\n')[1], 'next: kf-cluster start app.js -- a b');
  t.regex(readFileSync(join(dir, 'kf-cluster.config.mjs'), 'utf8'), /^\/\/ Only .* does these: log_date_format\.$/m);
  const shown = JSON.parse((await runIn(dir, 'config', 'app.js', '--json')).out);
  t.is(shown.configFile, join(dir, 'kf-cluster.config.mjs'));
  t.like(shown.options.workers, { value: '3', layer: 'file' });
  t.like(shown.options.name, { value: 'api' });
  t.like(shown.env.MODE, { layer: 'file' });
});

for (const name of ['ecosystem.config.js', 'ecosystem.config.mjs', 'ecosystem.json']) {
  test.serial(`init config: ${name} is found by itself`, async (t) => {
    const apps = [{ script: 'app.js', name: 'found' }];
    const text = { js: ecosystem(...apps), mjs: `export const apps = ${JSON.stringify(apps)}` }[name.split('.').pop()!];
    const dir = tree(t, { ...APP, [name]: text ?? JSON.stringify({ apps }) });
    t.is((await runIn(dir, 'init', 'config')).code, 0);
    t.regex(readFileSync(join(dir, 'kf-cluster.config.mjs'), 'utf8'), /name: "found"/);
  });
}

test.serial('init config: of several apps none is chosen, and without a file it is said how to name one', async (t) => {
  const two = tree(t, { ...APP, 'e.config.cjs': ecosystem({ script: 'app.js', name: 'a' }, { script: 'app.js' }) });
  const several = await runIn(two, 'init', 'config', '--from', 'e.config.cjs');
  t.is(several.code, 2);
  t.like(errorIn(several.err), { code: 'BAD_FLAG', fix: 'Run the file as it is: kf-cluster start e.config.cjs' });
  t.false(existsSync(join(two, 'kf-cluster.config.mjs')));
  const none = await runIn(tree(t, APP), 'init', 'config');
  t.is(none.code, 78);
  t.like(errorIn(none.err), { code: 'CONFIG_NOT_FOUND' });
});

const MADE = {
  pm2: ['ecosystem.config.cjs', 'app.js'],
  systemd: ['shop.service', 'app.js'],
  config: ['kf-cluster.config.mjs', '--from=e.json'],
  docker: ['Dockerfile', 'app.js'],
  kubernetes: ['kubernetes.yaml', 'app.js'],
  collector: ['otelcol.yaml'],
} as const;

for (const [what, [file, ...args]] of Object.entries(MADE)) {
  test.serial(`init ${what}: a file that is there stays as it is`, async (t) => {
    const apps = JSON.stringify({ apps: [{ script: 'app.js' }] });
    const dir = tree(t, { ...APP, 'e.json': apps, [file]: 'mine' });
    const { code, err } = await runIn(dir, 'init', what, ...args);
    t.is(code, 1);
    t.like(errorIn(err), { code: 'BAD_CALL', what: `${join(dir, file)} is there already` });
    t.is(readFileSync(join(dir, file), 'utf8'), 'mine');
  });
}

test.serial('init docker: a .dockerignore that is there is kept, and the Dockerfile written beside it', async (t) => {
  const dir = tree(t, { ...APP, '.dockerignore': 'mine\n' });
  t.is((await runIn(dir, 'init', 'docker', 'app.js', '--', '-v')).code, 0);
  t.is(readFileSync(join(dir, '.dockerignore'), 'utf8'), 'mine\n');
  t.regex(readFileSync(join(dir, 'Dockerfile'), 'utf8'), /^CMD \[.*"start","app\.js","--","-v"\]$/m);
});

function podOf(t: ExecutionContext, dir: string) {
  const all = loadAll(readFileSync(join(dir, 'kubernetes.yaml'), 'utf8')) as Record<string, never>[];
  const deployment = all.find(({ kind }) => kind === 'Deployment') as unknown as {
    readonly metadata: { readonly name: string };
    readonly spec: { readonly template: { readonly spec: { readonly terminationGracePeriodSeconds: number } } };
  };
  t.truthy(deployment);
  return { name: deployment.metadata.name, grace: deployment.spec.template.spec.terminationGracePeriodSeconds };
}

for (const [name, taken] of [
  ['@Scope/My_API', 'scope-my-api'],
  ['läden', 'l-den'],
  ['_shop_', 'shop'],
  ['2048', 'app-2048'],
  ['商店', 'app'],
  [`${'x'.repeat(62)}-y`, 'x'.repeat(62)],
] as const) {
  test.serial(`init kubernetes: ${name} is called ${taken}, which its API takes`, async (t) => {
    const dir = tree(t, APP);
    t.is((await runIn(dir, 'init', 'kubernetes', 'app.js', '--name', name)).code, 0);
    t.is(podOf(t, dir).name, taken);
    t.regex(taken, /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/);
  });
}

test.serial(
  'init kubernetes: the pod has the time that delay, drain and flush may take, and three seconds',
  async (t) => {
    const dir = tree(t, APP);
    const times = ['--drain-delay', '1s', '--drain-timeout', '2s', '--flush-timeout', '3s'];
    await runIn(dir, 'init', 'kubernetes', 'app.js', ...times);
    t.is(podOf(t, dir).grace, 1 + 2 + 3 + 3);
  },
);

for (const [args, fix] of [
  [['init', 'moon', 'app.js'], /kf-cluster init pm2/],
  [['init'], /kf-cluster init systemd app\.js/],
  [['init', 'kubernetes', 'app.js', '--target', 'moon'], /./],
  [['init', 'collector', '--preset', 'moon'], /./],
  [['init', 'pm2', 'gone.js'], /./],
  [['init', 'docker', 'gone.js'], /./],
] as const) {
  test.serial(`${args.join(' ')} is wrong usage, and writes nothing`, async (t) => {
    const dir = tree(t, { 'app.js': '' });
    mkdirSync(join(dir, 'empty'));
    writeFileSync(join(dir, 'empty', 'app.js'), '');
    const { code, out, err } = await runIn(join(dir, 'empty'), ...args);
    t.deepEqual([code, out], [2, '']);
    t.regex(errorIn(err).fix, fix);
    t.false(existsSync(join(dir, 'empty', 'Dockerfile')));
  });
}
