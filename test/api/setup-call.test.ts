import { existsSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { main } from '../../src/api/one-file.js';
import { Cluster, cluster, type SetupOptions } from '../../src/api/setup.js';
import { KfError } from '../../src/contract/errors.js';
import { controlPlace, socketPath } from '../../src/control/control-dir.js';
import { appDir, inputOf } from './in-code.js';

const OTHER_USER = process.geteuid?.() === 0 ? 'nobody' : 'root';

// One after the other: the environment, the exit and stderr are the process's.

/** The error that a cluster of those options does not start with. */
async function notStarted(t: ExecutionContext, options: SetupOptions): Promise<KfError> {
  const made = cluster.setup(options);
  t.true(made instanceof Cluster);
  return t.throwsAsync(made.start(), { instanceOf: KfError });
}

/** Runs `call` with an end of the process that is only noted, and what it wrote to stderr. */
async function untilExit(t: ExecutionContext, call: () => Promise<unknown>) {
  const { exit, exitCode } = process;
  const { write } = process.stderr;
  const texts: string[] = [];
  t.teardown(() => Object.assign(process, { exit }));
  const ended = new Promise<number | string | null | undefined>((resolve) => {
    process.exit = (code) => {
      resolve(code);
      throw new Error('the process has ended');
    };
  });
  process.stderr.write = (chunk: string | Uint8Array, ...rest: unknown[]) => {
    texts.push(String(chunk));
    for (const one of rest) if (typeof one === 'function') one();
    return true;
  };
  try {
    await t.throwsAsync(call(), { message: 'the process has ended' });
  } finally {
    process.stderr.write = write;
    process.exitCode = exitCode;
  }
  return { code: await ended, stderr: texts.join('') };
}

test.serial('with a script nothing is read and nothing is taken before start', (t) => {
  const { dir } = appDir(t);
  t.notThrows(() => cluster.setup({ script: '/none/app.js', workers: -5, name: 'not yet' }));
  t.deepEqual([cluster.isPrimary, cluster.isWorker], [true, false]);
  t.false(existsSync(join(dir, 'run', 'kf-cluster')));
});

for (const [what, options, code] of [
  ['a script that is not there', { script: '/none/app.js' }, 'SCRIPT_NOT_FOUND'],
  ['a number of workers that is none', { workers: 0 }, 'CONFIG_INVALID'],
  ['an option that is none', { wrokers: 2 }, 'CONFIG_INVALID'],
  ['a hook that is no function', { postFork: 'later' }, 'HOOKS_INVALID'],
  ['a duration without a unit that there is', { drainTimeout: '5 parsecs' }, 'CONFIG_INVALID'],
  ['what only the command line can do: the background', { daemon: true }, 'CONFIG_INVALID'],
  ['what only the command line can do: another user', { user: OTHER_USER }, 'CONFIG_INVALID'],
  ['a user that there is not', { user: 'no-such-user' }, 'NO_SUCH_USER'],
] as const) {
  test.serial(`start rejects with what is wrong: ${what}`, async (t) => {
    const { script, log } = appDir(t);
    const given = { script, logFile: log, telemetry: false, ...options };
    const { code: got, fix } = await notStarted(t, given as SetupOptions);
    t.is(got, code);
    t.not(fix, '');
    t.false(existsSync(socketPath(controlPlace().dir ?? '', 'shop')), 'the name is free');
  });
}

test.serial('the app as its own program: a wrong configuration ends the process before the app runs', async (t) => {
  const app = appDir(t);
  const { code, stderr } = await untilExit(t, () => main(inputOf(app, { workers: 'many' })));
  t.is(code, new KfError('CONFIG_INVALID', '', '').exitCode);
  t.true(stderr.includes('CONFIG_INVALID'));
  t.true(stderr.includes('many'), 'what was given');
});

test.serial('the same through setup() without a script, with the flags of the process for the app', async (t) => {
  const { dir } = appDir(t);
  const { argv } = process;
  t.teardown(() => Object.assign(process, { argv }));
  process.argv = [argv[0] ?? '', join(dir, 'gone.js'), '--port', '80'];
  const { code, stderr } = await untilExit(t, async () => cluster.setup({ telemetry: false }));
  t.is(code, new KfError('SCRIPT_NOT_FOUND', '', '').exitCode);
  t.true(stderr.includes('gone.js'));
});
