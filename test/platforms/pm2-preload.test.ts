import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { bootUnderPm2 } from '../../src/platforms/pm2/preload/pm2-boot.js';
import { type Pm2Facts, readFacts } from '../../src/platforms/pm2/preload/pm2-facts.js';
import { hidePm2Preload } from '../../src/platforms/pm2/preload/pm2-preload-flag.js';
import { writeErrorsTo } from '../../src/platforms/pm2/preload/start-under-pm2.js';
import { fixture, privateDir } from '../helpers/cluster.js';

const BLOCK = { pm_exec_path: '/app.js', pm_id: 3, name: 'shop', pm_cwd: '/srv', kill_timeout: 5_000, restart_time: 2 };
const facts = (block: object) => readFacts({ pm2_env: JSON.stringify({ ...BLOCK, ...block }) });

test('outside of pm2 there are no facts', (t) => {
  for (const environment of [{}, { pm_id: '0' }, { pm_exec_path: '/app.js' }, { pm2_env: '{}' }]) {
    t.is(readFacts(environment), undefined);
  }
});

test('a cluster worker reads the block, a fork its environment', (t) => {
  const common = { name: 'shop', id: 3, slot: 3, restarts: 2, script: '/app.js', cwd: '/srv', killTimeoutMs: 5_000 };
  t.like(facts({}), { ...common, waitReady: false, shutdownWithMessage: false });
  const environment = Object.fromEntries(Object.entries(BLOCK).map(([name, value]) => [name, String(value)]));
  t.like(readFacts({ ...environment, wait_ready: 'true' }), {
    ...common,
    waitReady: true,
    env: {},
    errorLog: undefined,
  });
});

for (const [what, block, expected] of [
  ['the slot is that of NODE_APP_INSTANCE', { NODE_APP_INSTANCE: 1 }, { slot: 1 }],
  ['the slot is that of another instance_var', { instance_var: 'N', N: '2', NODE_APP_INSTANCE: 1 }, { slot: 2 }],
  ['an instance_var that is no number leaves the id', { NODE_APP_INSTANCE: 'x' }, { slot: 3 }],
  ['no kill_timeout is that of pm2', { kill_timeout: undefined }, { killTimeoutMs: 1_600 }],
  ['a kill_timeout that is no number is that of pm2', { kill_timeout: 'soon' }, { killTimeoutMs: 1_600 }],
  ['the file of stderr', { pm_err_log_path: '/log/err' }, { errorLog: '/log/err' }],
  ['no file of stderr: NULL', { pm_err_log_path: 'NULL' }, { errorLog: undefined }],
  ['no file of stderr: /dev/null', { pm_err_log_path: '/dev/null' }, { errorLog: undefined }],
] as const) {
  test(what, (t) => t.like(facts(block), expected));
}

test('of the block what is a text, a number or a boolean becomes a variable, as with pm2', (t) => {
  const { env } = facts({ A: 'a', B: 1, C: true, D: { x: 1 }, E: null, F: ['f'] })!;
  t.like(env, { A: 'a', B: '1', C: 'true', D: undefined, E: undefined, F: undefined, name: 'shop' });
});

test.serial("our preload is hidden in each form of node_args, and nobody else's", (t) => {
  const { execArgv } = process;
  const before = [...execArgv];
  t.teardown(() => execArgv.splice(0, execArgv.length, ...before));
  for (const [given, left] of [
    [['--import', 'kf-cluster/pm2'], []],
    [['--import=kf-cluster/pm2', '--inspect'], ['--inspect']],
    [
      ['-r', '/x/bundle/pm2-require.cjs', '--require', 'dotenv/config'],
      ['--require', 'dotenv/config'],
    ],
    [
      ['--import', 'other/pm2', '--import=/x/bundle/pm2.js'],
      ['--import', 'other/pm2'],
    ],
    [['--require=/x/kf-cluster/pm2', '--import', 'kf-cluster/pm2'], []],
    [['--import'], ['--import']],
    [
      ['--title', 'kf-cluster/pm2'],
      ['--title', 'kf-cluster/pm2'],
    ],
  ] as const) {
    execArgv.splice(0, execArgv.length, ...given);
    hidePm2Preload();
    t.deepEqual(execArgv, [...left], given.join(' '));
  }
});

const boot = (t: ExecutionContext, change: Partial<Pm2Facts>, environment: NodeJS.ProcessEnv = {}) => {
  const script = fixture('says-main.cjs');
  const known = { ...facts({})!, script, cwd: privateDir(t), ...change };
  return bootUnderPm2(known, { XDG_RUNTIME_DIR: privateDir(t), XDG_STATE_HOME: privateDir(t), ...environment });
};

for (const [killTimeoutMs, drainTimeoutMs, flushTimeoutMs] of [
  [1_600, 975, 325],
  [10_000, 7_275, 2_425],
  [60_000, 54_700, 5_000],
  [300, 0, 0],
  [100, 0, 0],
] as const) {
  test(`a kill_timeout of ${killTimeoutMs} ms is split among requests and spans, with time left to end`, async (t) => {
    const { boot: made, warnings } = await boot(t, { killTimeoutMs });
    t.like(made, { drainTimeoutMs, flushTimeoutMs, slot: 3, generation: 3, name: 'shop' });
    t.deepEqual(warnings, []);
  });
}

test('times of our own stand above it, and are warned of when pm2 kills before', async (t) => {
  const given = { KF_CLUSTER_DRAIN_TIMEOUT: '4s', KF_CLUSTER_FLUSH_TIMEOUT: '1s' };
  const { boot: made, warnings } = await boot(t, {}, given);
  t.like(made, { drainTimeoutMs: 4_000, flushTimeoutMs: 1_000 });
  t.deepEqual(warnings, ['drain and flush may take 5000 ms, but pm2 kills after kill_timeout, 5000 ms']);
  t.deepEqual((await boot(t, { killTimeoutMs: 5_001 }, given)).warnings, []);
});

test('the stderr of a boot goes to the file of pm2; what that does not take goes where it went before', (t) => {
  const dir = privateDir(t);
  const real: unknown[] = [];
  const stderr = { write: (text: unknown) => real.push(text) > 0 };
  const write = writeErrorsTo(join(dir, 'err.log'), stderr);
  const called: string[] = [];
  t.true(write('one\n'));
  write(Buffer.from('two\n'), () => called.push('two'));
  write('three\n', 'utf8', () => called.push('three'));
  t.is(readFileSync(join(dir, 'err.log'), 'utf8'), 'one\ntwo\nthree\n');
  t.deepEqual(called, ['two', 'three']);
  const lost = writeErrorsTo(join(dir, 'none', 'err.log'), stderr);
  lost('four\n', () => called.push('four'));
  t.deepEqual([real, called.at(-1)], [['four\n'], 'four']);
});
