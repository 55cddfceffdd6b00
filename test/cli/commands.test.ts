import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { BIN } from '../helpers/cluster.js';
import { run } from './run-here.js';
import { running, runtimeDir } from './running-here.js';

const runtime = runtimeDir();

test.serial('where nothing runs each command says so, with the code for it', async (t) => {
  for (const command of [['status'], ['reload'], ['stop'], ['scale', '2'], ['logs'], ['signal', 'HUP'], ['restart']]) {
    const { code, out, err } = await run(...command);
    t.deepEqual([code, out], [3, ''], command.join(' '));
    t.regex(err, /^error NOT_RUNNING: [^\n]+\n {2}why: [^\n]+\n {2}fix: [^\n]+\n$/);
  }
  const list = await run('list');
  t.deepEqual([list.code, list.out, list.err], [3, '', 'nothing runs\n']);
  t.deepEqual(JSON.parse((await run('list', '--json')).out), []);
});

test.serial('status and list show what runs, as a table and as JSON', async (t) => {
  await running(t, 'shop');
  const { code, out } = await run('status');
  t.is(code, 0);
  t.regex(out, /^shop {2}pid \d+ {2}running {2}generation 1 {2}2 workers/);
  t.regex(out, /SLOT +GEN +PID +PHASE/);
  t.like(JSON.parse((await run('status', '--json')).out), { name: 'shop', target: 2, leaving: false });
  t.regex((await run('ls')).out, /shop +\d+ +running +2\/2/);
  t.like(JSON.parse((await run('list', '--json')).out)[0], { name: 'shop', ready: 2, target: 2, restarts: 0 });
  t.is((await run('list', 'shop')).out.split('\n')[0]?.slice(0, 4), 'shop');
});

test.serial('from a directory that is gone the executable finds what runs; a start there fails', async (t) => {
  await running(t, 'shop');
  const gone = join(runtime, 'gone');
  const from = (words: string) =>
    promisify(execFile)('sh', [
      '-c',
      `mkdir ${gone}; cd ${gone}; rmdir ${gone}; exec ${process.execPath} ${BIN} ${words}`,
    ]);
  t.regex((await from('status')).stdout, /^shop /);
  for (const words of ['start app.js', 'doctor']) {
    t.regex((await t.throwsAsync(from(words)))?.message ?? '', /SYSTEM: the working directory is gone/, words);
  }
});

test.serial('which one is meant: by name, by the environment, by pidfile, and never by two of them', async (t) => {
  await Promise.all([running(t, 'a'), running(t, 'b')]);
  t.is((await run('status')).code, 2);
  t.regex((await run('status', 'b')).out, /^b /);
  t.regex((await run('status', '--name', 'a')).out, /^a /);
  process.env.KF_CLUSTER_NAME = 'b';
  t.regex((await run('status')).out, /^b /);
  delete process.env.KF_CLUSTER_NAME;
  const pidfile = join(runtime, 'pid');
  writeFileSync(pidfile, `${process.pid}\n`);
  t.is((await run('status', '--pidfile', pidfile)).code, 0);
  const twice = await run('status', 'a', '--name', 'b');
  t.is(twice.code, 2);
  t.regex(twice.err, /said twice/);
  t.regex((await run('status', 'c')).err, /UNKNOWN_NAME[\s\S]*these run: a, b/);
});

test.serial('describe shows one worker, in either order, or says which slots there are', async (t) => {
  await running(t, 'shop');
  t.regex((await run('describe', '1')).out, /^slot +1\n/);
  t.regex((await run('describe', 'shop', '0')).out, /^slot +0\n/);
  t.regex((await run('describe', 'shop')).out, /^shop /);
  const none = await run('describe', '7');
  t.is(none.code, 2);
  t.regex(none.err, /the slots are 0, 1\n/);
  t.is(JSON.parse((await run('describe', '1', '--json')).out).length, 1);
});

test.serial('scale says from what to what, and what it does not understand', async (t) => {
  const { supervisor } = await running(t, 'shop');
  t.is((await run('scale', '4')).out, 'from 2 to 4 workers\n');
  t.is((await run('scale', '-3', 'shop')).out, 'from 4 to 1 worker\n');
  t.is((await run('scale', 'shop', '1')).out, 'there is 1 worker already\n');
  t.is(supervisor.status().target, 1);
  for (const given of ['x', '1.5', '++1']) t.is((await run('scale', given)).code, 2, given);
});

test.serial('signal takes a name with or without SIG, for all workers or for one', async (t) => {
  const { ports } = await running(t, 'shop');
  t.is((await run('signal', 'usr2')).out, 'SIGUSR2 sent to 1001, 1002\n');
  t.is((await run('signal', 'SIGCONT', '--worker', '1')).out, 'SIGCONT sent to 1002\n');
  t.deepEqual(ports.worker(2).signals, ['SIGUSR2', 'SIGCONT']);
  t.regex((await run('signal', 'NONE')).err, /NONE is no signal/);
  t.is((await run('signal', 'HUP', '--worker', 'x')).code, 2);
});

test.serial('a reload shows its steps and its end; its dry run what would change', async (t) => {
  const { ports } = await running(t, 'shop', {}, { drainTimeoutMs: 1_000 });
  t.regex((await run('reload', '--dry-run')).out, /^drain-timeout: 25s -> 1s\n$/);
  ports.onFork = (worker) => {
    setImmediate(() => {
      worker.ready();
      ports.advance(500);
    });
  };
  const { code, out, err } = await run('reload');
  t.deepEqual([code, err], [0, '']);
  t.regex(out, /^reload: generation 2, 2 slots\nslot 0: .*ready.*\nslot 1: .*ready.*\nreload: done after/);
  t.is((await run('reload', '--dry-run')).out, 'no option or variable changes\n');
  const lines = (await run('reload', '--json')).out.trim().split('\n');
  t.is(JSON.parse(lines.at(-1) ?? '').type, 'done');
});

test.serial('a reload that fails ends with the error of the app and its code', async (t) => {
  const { ports, supervisor } = await running(t, 'shop');
  ports.onFork = (worker) => {
    setImmediate(() => {
      worker.stderr('Error: the new release is broken');
      worker.exit(1);
    });
  };
  const { code, out, err } = await run('reload');
  t.is(code, 1);
  t.regex(out, /reload: failed\n$/);
  t.regex(err, /^Error: the new release is broken\nerror RELOAD_FAILED: /);
  t.is(supervisor.status().generation, 1);
});

test.serial('a restart replaces one worker, and refuses a slot that is none', async (t) => {
  const { ports, supervisor } = await running(t, 'shop');
  ports.onFork = (worker) => {
    setImmediate(() => worker.ready());
  };
  t.is((await run('restart', '1')).code, 0);
  t.deepEqual(
    supervisor.status().workers.map(({ slot, id }) => [slot, id]),
    [
      [0, 1],
      [1, 3],
    ],
  );
  t.is((await run('restart', '9')).code, 2);
});

test.serial(
  'logs are the last lines with who said them, or as JSON; a bad choice is refused before anybody is asked',
  async (t) => {
    const { ring } = await running(t, 'shop');
    ring.own('[kf-cluster] ready');
    ring.worker(1, 'stdout').write(Buffer.from('hello \u001b[2Jworld\n'));
    const { out } = await run('logs');
    t.regex(out, /\[kf-cluster\] ready\n/);
    t.regex(out, / 1 \| hello \\x1b\[2Jworld\n/);
    t.is((await run('logs', '--lines', '1')).out.split('\n').length, 2);
    t.is((await run('logs', '--worker', '0')).out, '');
    t.like(JSON.parse((await run('logs', '--json', '--worker', '1')).out), { slot: 1, stream: 'stdout' });
    for (const flags of [
      ['--lines', 'x'],
      ['--since', '1d'],
      ['--worker', 'x'],
    ])
      t.is((await run('logs', ...flags)).code, 2);
    t.is((await run('logs', '--reopen')).code, 1, 'there is no file');
  },
);

test.serial('stop ends all of several, in turn, and says each', async (t) => {
  const [a, b] = [await running(t, 'a'), await running(t, 'b')];
  for (const { supervisor, close } of [a, b]) supervisor.once('exit', () => setImmediate(close));
  const { code, out } = await run('stop', 'all');
  t.deepEqual([code, out], [0, 'a stopped\nb stopped\n']);
  t.is((await run('status')).code, 3);
});

test.serial('help and version are data; what is no command or flag is wrong usage', async (t) => {
  t.regex((await run('--help')).out, /start \[script\][\s\S]*Exit codes/);
  t.regex((await run('--version')).out, /^\d+\.\d+\.\d+/);
  t.regex((await run('reload', '--help')).out, /--dry-run/);
  for (const args of [[], ['strat'], ['status', '--nmae', 'x'], ['stop', '--name'], ['scale'], ['status', 'a', 'b']]) {
    const { code, out, err } = await run(...args);
    t.deepEqual([code, out], [2, ''], args.join(' '));
    t.regex(err, /^error (UNKNOWN_FLAG|BAD_FLAG): /);
  }
});

test.serial('config prints every option with where it came from, and no secret', async (t) => {
  const file = join(runtime, 'app.js');
  writeFileSync(file, '');
  const { code, out } = await run('config', file, '-w', '3', '--headers', 'key=secret');
  if (code !== 0) t.is((await run('config', file, '-w', '3')).code, 0);
  t.false(out.includes('secret'));
  const shown = JSON.parse((await run('config', file, '-w', '3', '--json')).out);
  t.like(shown.options.workers, { value: '3', layer: 'flag' });
  t.is(shown.options.name.value, 'app');
});

test.serial('completion is a script of the shell that is asked for', async (t) => {
  for (const shell of ['bash', 'zsh', 'fish']) t.regex((await run('completion', shell)).out, /kf-cluster complete/);
  t.is((await run('completion', 'csh')).code, 2);
  await running(t, 'shop');
  t.is((await run('complete', '--', 'stop', 'sh')).out, 'shop\n');
  t.regex((await run('complete', '--', 'start', '')).out, /^:files\n$/);
});
