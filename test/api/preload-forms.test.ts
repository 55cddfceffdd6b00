import module from 'node:module';
import test, { type ExecutionContext } from 'ava';
import { acquireProcess, releaseProcess } from '../../src/telemetry/one-per-process.js';

// What a preload does where it belongs is tested by processes; here is where it must do nothing: NODE_OPTIONS, pm2's node_args
// and the environment of a worker reach every process that the app starts.

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/** Loads a preload as if for the first time, and says what of this process has changed. */
async function changes(t: ExecutionContext, file: string, env: Readonly<Record<string, string>>): Promise<string[]> {
  const look = () => ({
    load: module._load,
    emit: process.emit,
    on: process.on,
    send: process.send,
    listeners: SIGNALS.map((signal) => process.rawListeners(signal).length).join(),
    slot: process.env.KF_WORKER_SLOT,
    nodeOptions: process.env.NODE_OPTIONS,
  });
  Object.assign(process.env, env);
  const before = look();
  await import(`../../src/api/${file}?${t.title.length}-${Math.random()}`);
  const after = look();
  for (const name of Object.keys(env)) delete process.env[name];
  const isFree = acquireProcess();
  if (isFree) releaseProcess();
  const changed = Object.keys(before).filter((key) => Reflect.get(before, key) !== Reflect.get(after, key));
  return [...changed, ...(isFree ? [] : ['telemetry'])];
}

const OF_PM2 = { pm_exec_path: '/app.js', pm_id: '0', name: 'shop' };

for (const [what, file, env] of [
  ['register in a worker of a supervisor', 'register.js', { KF_WORKER_SLOT: '1' }],
  ['register for pm2 outside of pm2', 'pm2-preload.js', {}],
  [
    'register for pm2 in a worker of a supervisor that pm2 started',
    'pm2-preload.js',
    { ...OF_PM2, KF_WORKER_SLOT: '0' },
  ],
  ['the form for --require outside of pm2', 'pm2-require.js', {}],
  ['the form for --require, with half of what pm2 says', 'pm2-require.js', { pm_exec_path: '/app.js' }],
  ['the form for --require in a worker of a supervisor', 'pm2-require.js', { ...OF_PM2, KF_WORKER_SLOT: '0' }],
] as const) {
  test.serial(`nothing is changed by ${what}`, async (t) => {
    t.deepEqual(await changes(t, file, env), []);
  });
}

test.serial('a process whose telemetry is set up already is left as it is by register', async (t) => {
  t.true(acquireProcess());
  t.teardown(releaseProcess);
  const before = SIGNALS.map((signal) => process.rawListeners(signal).length);
  const file = '../../src/api/register.js?second';
  await import(file);
  t.deepEqual(
    SIGNALS.map((signal) => process.rawListeners(signal).length),
    before,
  );
});

test.serial(
  'what programs import is the call, the error class and the helper that types a configuration',
  async (t) => {
    const { cluster, defineConfig, KfError, ...more } = await import('../../src/api/index.js');
    t.deepEqual(more, {});
    t.is(typeof cluster.setup, 'function');
    const config = { workers: 2 };
    t.is(defineConfig(config), config);
    const error = new KfError('BAD_CALL', 'a', 'b', { fix: 'c' });
    t.true(error instanceof Error);
    t.true(error.render().includes('BAD_CALL'));
  },
);
