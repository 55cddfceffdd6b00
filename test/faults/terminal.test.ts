import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { fixture, isAlive, type Running, watch } from '../helpers/cluster.js';
import { session, workDir } from '../helpers/control.js';
import { onTerminal } from '../helpers/terminal.js';

const APP = ['start', fixture('apps/http.cjs'), '-w', '1', '--no-telemetry'];
const started = /starting 1 worker .*pid=(\d+)/;

test('a supervisor in the foreground stops when its terminal closes', async (t) => {
  const terminal = onTerminal(t, ['kf-cluster', ...APP]);
  if (!terminal) return;
  await terminal.line(/ready: 1 worker/);
  terminal.order('close');
  t.is(await terminal.ended(), 0);
});

test('so does one that a shell has started, with its output elsewhere', async (t) => {
  const log = join(workDir(t), 'out.log');
  const terminal = onTerminal(t, ['sh', '-c', `"$@" > ${log} 2>&1; echo done`, 'sh', 'kf-cluster', ...APP]);
  if (!terminal) return;
  const output = tail(t, log);
  await output.line(/ready: 1 worker/);
  terminal.order('close');
  await output.line(/the terminal has closed/);
  await output.line(/stopped code=0/);
  t.pass();
});

test('HUP from kill is a reload while the terminal is there', async (t) => {
  const terminal = onTerminal(t, ['kf-cluster', ...APP]);
  if (!terminal) return;
  const [, pid] = await terminal.line(started);
  await terminal.line(/ready: 1 worker/);
  process.kill(Number(pid), 'SIGHUP');
  await terminal.line(/generation 2 serves/);
  process.kill(Number(pid), 'SIGTERM');
  t.is(await terminal.ended(), 0);
});

test('under nohup it serves on when the terminal closes, and HUP from kill still reloads', async (t) => {
  const cwd = workDir(t);
  const terminal = onTerminal(t, ['sh', '-c', 'nohup "$@"; echo done', 'sh', 'kf-cluster', ...APP], { cwd });
  if (!terminal) return;
  const output = tail(t, join(cwd, 'nohup.out'));
  const pid = Number((await output.line(started))[1]);
  await output.line(/ready: 1 worker/);
  terminal.order('close');
  await output.line(/the terminal has closed; this goes on without it/);
  process.kill(pid, 'SIGHUP');
  await output.line(/generation 2 serves/);
  process.kill(pid, 'SIGTERM');
  await output.line(/stopped code=0/);
  t.pass();
});

test('in a session of its own it outlives the terminal, to which it can write no more', async (t) => {
  const { env, run } = session(t);
  const terminal = onTerminal(
    t,
    ['sh', '-c', '"$@" & read line', 'sh', 'setsid', 'kf-cluster', ...APP, '--name', 'own'],
    {
      env,
    },
  );
  if (!terminal) return;
  const [, pid] = await terminal.line(started);
  t.teardown(() => isAlive(Number(pid)) && process.kill(Number(pid), 'SIGKILL'));
  await terminal.line(/ready: 1 worker/);
  terminal.order('close');
  await terminal.ended();
  t.is((await run('reload')).code, 0, 'it says a lot meanwhile');
  t.is((await run('stop')).code, 0);
});

/** The lines of a file, also of one that is not there yet. */
function tail(t: ExecutionContext, file: string): Running {
  return watch(t, 'tail', ['-n', '+1', '-F', file]);
}
