import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { fixture, isAlive, type Running, watch } from '../helpers/cluster.js';
import { session, workDir } from '../helpers/control.js';
import '../helpers/json-log.js';
import { onTerminal } from '../helpers/terminal.js';

const APP = ['start', fixture('apps/http.cjs'), '-w', '1', '--no-telemetry'];

test('a supervisor in the foreground stops when its terminal closes', async (t) => {
  const terminal = onTerminal(t, ['kf-cluster', ...APP]);
  if (!terminal) return;
  await terminal.ready(1);
  terminal.order('close');
  t.is(await terminal.ended(), 0);
});

test('so does one that a shell has started, with its output elsewhere', async (t) => {
  const log = join(workDir(t), 'out.log');
  const terminal = onTerminal(t, ['sh', '-c', `"$@" > ${log} 2>&1; echo done`, 'sh', 'kf-cluster', ...APP]);
  if (!terminal) return;
  const output = tail(t, log);
  await output.ready(1);
  terminal.order('close');
  await output.event('terminal-closed', { stops: true });
  await output.event('stopped', { code: 0 });
  t.pass();
});

test('HUP from kill is a reload while the terminal is there', async (t) => {
  const terminal = onTerminal(t, ['kf-cluster', ...APP]);
  if (!terminal) return;
  const { pid } = await terminal.event('starting');
  await terminal.ready(1);
  process.kill(pid, 'SIGHUP');
  await terminal.event('reload-done', { generation: 2 });
  process.kill(pid, 'SIGTERM');
  t.is(await terminal.ended(), 0);
});

test('under nohup it serves on when the terminal closes, and HUP from kill still reloads', async (t) => {
  const cwd = workDir(t);
  const terminal = onTerminal(t, ['sh', '-c', 'nohup "$@"; echo done', 'sh', 'kf-cluster', ...APP], { cwd });
  if (!terminal) return;
  const output = tail(t, join(cwd, 'nohup.out'));
  const pid = (await output.event('starting')).pid;
  await output.ready(1);
  terminal.order('close');
  await output.event('terminal-closed', { stops: false });
  process.kill(pid, 'SIGHUP');
  await output.event('reload-done', { generation: 2 });
  process.kill(pid, 'SIGTERM');
  await output.event('stopped', { code: 0 });
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
  const { pid } = await terminal.event('starting');
  t.teardown(() => isAlive(pid) && process.kill(pid, 'SIGKILL'));
  await terminal.ready(1);
  terminal.order('close');
  await terminal.ended();
  t.is((await run('reload')).code, 0, 'it says a lot meanwhile');
  t.is((await run('stop')).code, 0);
});

/** The lines of a file, also of one that is not there yet. */
function tail(t: ExecutionContext, file: string): Running {
  return watch(t, 'tail', ['-n', '+1', '-F', file]);
}
