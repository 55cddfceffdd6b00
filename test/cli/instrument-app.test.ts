import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { nodeWith } from '../../src/cli/instrument-command.js';
import { type LoadInput, loadConfig } from '../../src/config/load-options.js';
import { tree } from '../helpers/tree.js';
import { errorIn, runIn } from './run-here.js';

const APP = { 'package.json': '{"name":"shop"}', 'app.js': "require('node:fs').writeFileSync('ran', '');" };

async function nodeFor(cwd: string, change: Partial<LoadInput> = {}) {
  const input = { script: 'app.js', args: [], flags: {}, environment: {}, cwd, ...change };
  const { config, loaded } = await loadConfig(input);
  return { ...nodeWith(config, loaded, input.environment), config };
}

test("instrument: Node's own arguments come first, then the telemetry, the app and its arguments as they were given", async (t) => {
  const dir = tree(t, APP);
  const { args } = await nodeFor(dir, { flags: { 'node-args': '--title "a b"' }, args: ['--port', '80', 'b c', ''] });
  t.deepEqual(args.slice(0, 3), ['--title', 'a b', '--import']);
  t.regex(args[3] ?? '', /^\/.*\/register\.js$/);
  t.deepEqual(args.slice(4), [join(dir, 'app.js'), '--port', '80', 'b c', '']);
});

for (const [how, change] of [
  ['by a flag', { flags: { telemetry: false } }],
  ['by the environment', { environment: { KF_CLUSTER_TELEMETRY: 'false' } }],
  ['in the file', {}],
] as const) {
  test(`instrument: without telemetry, said ${how}, nothing is loaded before the app`, async (t) => {
    const file = how === 'in the file' ? { 'kf-cluster.config.json': '{"telemetry":false}' } : {};
    const dir = tree(t, { ...APP, ...file });
    const { args, env } = await nodeFor(dir, change);
    t.deepEqual(args, [join(dir, 'app.js')]);
    t.is(env.KF_CLUSTER_TELEMETRY, 'false', 'its own children are not instrumented either');
  });
}

test('instrument: what nobody has said is no variable of the app', async (t) => {
  const { env } = await nodeFor(tree(t, APP), { environment: { PATH: '/bin', NONE: undefined } });
  t.deepEqual(env, { PATH: '/bin', NONE: undefined });
});

test('instrument: what a flag or the file says of the telemetry and of our lines reaches the process as a variable', async (t) => {
  const settings = { serviceName: 'of the file', delivery: 'memory', logLevel: 'error', excludeUrls: ['/a', '/b?c'] };
  const dir = tree(t, { ...APP, 'kf-cluster.config.json': JSON.stringify(settings) });
  const { env } = await nodeFor(dir, { flags: { 'log-level': 'debug', 'log-format': 'json' } });
  t.like(env, {
    OTEL_SERVICE_NAME: 'of the file',
    KF_CLUSTER_DELIVERY: 'memory',
    KF_CLUSTER_EXCLUDE_URLS: '/a,/b?c',
    KF_CLUSTER_LOG_LEVEL: 'debug',
    KF_CLUSTER_LOG_FORMAT: 'json',
  });
});

test('instrument: options of a supervisor are no variables of the one process', async (t) => {
  const dir = tree(t, APP);
  const flags = { workers: '3', name: 'till', 'drain-timeout': '3s', control: false };
  t.deepEqual(Object.keys((await nodeFor(dir, { flags })).env), []);
});

test('instrument: a flag wins over the variable that came with the environment, and the variable over the file', async (t) => {
  const dir = tree(t, { ...APP, 'kf-cluster.config.json': '{"serviceName":"of the file"}' });
  const environment = { OTEL_SERVICE_NAME: 'of the environment' };
  t.is((await nodeFor(dir, { environment })).env.OTEL_SERVICE_NAME, 'of the environment');
  const flags = { 'service-name': 'of the flag' };
  t.is((await nodeFor(dir, { environment, flags })).env.OTEL_SERVICE_NAME, 'of the flag');
});

test('instrument: the variables of an env file are those of the app, behind what the caller has set', async (t) => {
  const dir = tree(t, { ...APP, '.env': 'A=of the file\nB=2\nOTEL_SERVICE_NAME=dot\n' });
  const { env } = await nodeFor(dir, { flags: { 'env-file': '.env' }, environment: { A: 'of the caller' } });
  t.like(env, { A: 'of the caller', B: '2', OTEL_SERVICE_NAME: 'dot' });
});

test('instrument: the app runs in the directory of --cwd, and its file is found there', async (t) => {
  const dir = tree(t, { 'package.json': '{}', 'sub/app.js': '' });
  mkdirSync(join(dir, 'other'));
  const { config, args } = await nodeFor(dir, { flags: { cwd: 'sub', telemetry: false } });
  t.deepEqual([config.cwd, args], [join(dir, 'sub'), [join(dir, 'sub', 'app.js')]]);
});

for (const [what, words, expected] of [
  ['an app that is not there', ['gone.js'], { exit: 2, code: 'SCRIPT_NOT_FOUND' }],
  ['no app', [], { exit: 2, code: 'SCRIPT_MISSING' }],
  ['a directory without an app', ['empty'], { exit: 2, code: 'SCRIPT_IS_DIRECTORY' }],
  ['a value that is none', ['app.js', '--delivery', 'pigeon'], { exit: 2, code: 'BAD_FLAG' }],
  ['a flag that is none', ['app.js', '--servce-name', 'x'], { exit: 2, code: 'UNKNOWN_FLAG' }],
  ['a config file that is not there', ['app.js', '--config', 'none.json'], { exit: 78, code: 'CONFIG_NOT_FOUND' }],
] as const) {
  test.serial(`instrument refuses ${what}, and runs nothing`, async (t) => {
    const dir = tree(t, { ...APP, 'empty/readme': '' });
    const { code, out, err } = await runIn(dir, 'instrument', ...words);
    t.deepEqual([code, out, errorIn(err).code], [expected.exit, '', expected.code], err);
    t.not(errorIn(err).fix, '');
    t.false(existsSync(join(dir, 'ran')));
  });
}

for (const command of ['instrument', 'dev']) {
  test.serial(
    `${command} refuses an ecosystem file, which as a script would end with 0 and have run nothing`,
    async (t) => {
      const dir = tree(t, { ...APP, 'shop.config.cjs': "module.exports = { apps: [{ script: 'app.js' }] };" });
      const { code, out, err } = await runIn(dir, command, 'shop.config.cjs');
      t.deepEqual([code, out, errorIn(err).code], [2, '', 'BAD_FLAG'], err);
      t.true(errorIn(err).fix.endsWith('kf-cluster start shop.config.cjs'));
    },
  );
}
