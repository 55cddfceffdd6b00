import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { FullStatus } from '../../src/contract/control-protocol.js';
import { accountOf } from '../../src/system/accounts.js';
import { BIN, fixture, isAlive, NODE, watch } from '../helpers/cluster.js';
import { PRETTY, type Ran, type Session, session, workDir } from '../helpers/control.js';
import { smallDisk, type Wrapper } from '../helpers/disks.js';
import { get } from '../helpers/http.js';
import '../helpers/json-log.js';
import { onLinux } from '../helpers/linux.js';
import { eventsIn } from '../helpers/log-lines.js';
import { tree } from '../helpers/tree.js';

const TALKS = fixture('faults/talks.cjs');
const ARGS = ['-w', '1', '--no-telemetry', '--log-file'];

async function outputOf({ run }: Session): Promise<FullStatus['output']> {
  return (JSON.parse((await run('status', '--json')).stdout) as FullStatus).output;
}

/** The port that the app says it listens on, in the lines that the supervisor keeps. */
async function portOf(t: ExecutionContext, here: Session): Promise<string> {
  const logs = here.watch('logs', '-f');
  t.teardown(() => logs.kill('SIGKILL'));
  return (await logs.line(/listening (\d+)/))[1]!;
}

/** `start --daemon`, through a wrapper that gives it a disk of its own. Whatever is left of it is killed. */
async function daemon(t: ExecutionContext, here: Session, wrapper: Wrapper, args: readonly string[]): Promise<Ran> {
  const [command = NODE, ...rest] = [...wrapper, NODE, BIN, 'start', ...args, '--daemon'];
  const starter = watch(t, command, rest, { env: { ...here.env, DISK: join(args.at(-1) ?? '', '..') } });
  const { code } = await starter.exit;
  const pid = Number(/pid (\d+)/.exec(starter.stdout())?.[1] ?? 0);
  t.teardown(() => pid > 0 && isAlive(pid) && process.kill(pid, 'SIGKILL'));
  return { code, stdout: starter.stdout(), stderr: starter.stderr() };
}

/** Undefined, with the reason printed, where nothing may be mounted. */
function mounted(t: ExecutionContext, disk: string): Wrapper | undefined {
  const wrapper = smallDisk(disk, 4_096);
  if (wrapper.includes('unshare')) return wrapper;
  t.log('skipped: this user may not mount a small disk here');
  t.pass();
  return undefined;
}

test('a full disk: a daemon serves on, counts what it drops, and writes again when there is room', async (t) => {
  const here = session(t, PRETTY);
  const disk = join(workDir(t), 'disk');
  const wrapper = mounted(t, disk);
  if (!wrapper) return;
  t.is((await daemon(t, here, wrapper, [TALKS, ...ARGS, join(disk, 'shop.log')])).code, 0);
  const port = await portOf(t, here);
  const logs = here.watch('logs', '-f');
  await logs.line(/listening/); // it follows
  await get(port, '/fill');
  t.is((await get(port, '/talk?lines=30000')).status, 200);
  await logs.line(/error: cannot write .*shop\.log: ENOSPC/);
  while ((await outputOf(here)).dropped.lines < 10_000); // it reads what the app says at its leisure
  t.regex((await outputOf(here)).problem ?? '', /cannot write .*ENOSPC/);
  t.regex((await here.run('status')).stdout, /^output: \d+ lines \(\d+ bytes\) dropped; cannot write .*ENOSPC/m);
  await get(port, '/free?truncate=shop.log');
  await logs.line(/shop\.log is written again dropped_lines=\d+/);
  t.is((await outputOf(here)).problem, undefined);
  t.is(logs.lines.filter((line) => /cannot write/.test(line)).length, 1, 'it is said once');
  t.is((await here.run('stop')).code, 0);
});

test('start --daemon on a full disk says why it has failed', async (t) => {
  const here = session(t, PRETTY);
  const disk = join(workDir(t), 'disk');
  const wrapper = mounted(t, disk);
  if (!wrapper) return;
  const full = [...wrapper, 'sh', '-c', `cat /dev/zero > ${disk}/filler 2>/dev/null; exec "$0" "$@"`];
  const failed = await daemon(t, here, full, [fixture('apps/throws.cjs'), ...ARGS, join(disk, 'shop.log')]);
  t.is(failed.code, 70);
  t.regex(failed.stderr, /cannot write .*ENOSPC/);
  t.regex(failed.stderr, /this app throws at boot[\s\S]*FIRST_GENERATION_FAILED/);
});

test('start --daemon whose log file takes nothing starts, and says so', async (t) => {
  const here = session(t, PRETTY);
  const started = await daemon(t, here, [], [TALKS, ...ARGS, '/dev/full']);
  t.is(started.code, 0);
  t.regex(started.stderr, /error: cannot write \/dev\/full: ENOSPC.*; the service runs on/);
  t.regex((await outputOf(here)).problem ?? '', /ENOSPC/);
  t.is((await here.run('stop')).code, 0);
});

test('in the foreground it is said on stderr, once', async (t) => {
  const here = session(t, PRETTY);
  const running = here.start(['start', TALKS, ...ARGS, '/dev/full']);
  await running.line(/error: cannot write \/dev\/full: ENOSPC/);
  const port = await portOf(t, here);
  t.is((await get(port, '/talk?lines=20000')).status, 200);
  running.kill('SIGTERM');
  t.is((await running.exit).code, 0);
  t.is(running.lines.length, 1);
});

test('a folder that cannot be written: the file grows, is not renamed, and everything is in it', async (t) => {
  if (!onLinux(t, 'setpriv')) return;
  const here = session(t, PRETTY);
  const dir = workDir(t);
  const log = join(dir, 'x.log');
  const user = asNobody(t, [dir, here.runtimeDir]);
  const wrapper = [...user, 'sh', '-c', `touch ${log} && chmod 555 ${dir} && exec "$0" "$@"`];
  const args = [TALKS, ...ARGS, log, '--log-max-size', '20KB', '--name', 'x'];
  const [command, ...rest] = [...wrapper, NODE, BIN, 'start', ...args];
  const running = watch(t, command!, rest, { env: here.env });
  await running.line(/error: cannot rename .*x\.log, so it grows: EACCES/);
  running.kill('SIGTERM');
  t.is((await running.exit).code, 0);
  t.true(/starting 1 worker[\s\S]*line 999 [\s\S]*stopped code=0/.test(readFileSync(log, 'utf8')));
  t.is(running.lines.length, 1);
});

/** What makes a command run as a user that the permissions of those folders, which become its own, hold for. */
function asNobody(t: ExecutionContext, dirs: readonly string[]): Wrapper {
  t.teardown(() => chmodSync(dirs[0]!, 0o755));
  if (process.getuid?.() !== 0) return [];
  const { id, group } = accountOf('/etc/passwd', 'nobody')!;
  for (const dir of dirs) chownSync(dir, id, group);
  return ['setpriv', `--reuid=${id}`, `--regid=${group}`, '--clear-groups'];
}

for (const file of ['/dev/stdout', '-']) {
  test(`${file} as a log file, also where it is a socket`, async (t) => {
    const { start } = session(t);
    const running = start(['start', TALKS, ...ARGS, file]);
    await running.ready(1);
    await running.line(/^0 \| listening/);
    running.kill('SIGTERM');
    t.is((await running.exit).code, 0);
    t.is(running.events('stopped', { code: 0 }).length, 1);
    t.is(running.stderr(), '');
  });
}

test('a FIFO as a log file: nobody waits for its reader, and one that comes gets what was held', async (t) => {
  const here = session(t, PRETTY);
  const fifo = join(workDir(t), 'log.fifo');
  execFileSync('mkfifo', [fifo]);
  const running = here.start(['start', TALKS, ...ARGS, fifo]);
  await running.line(/error: cannot write .*log\.fifo: ENXIO/);
  await portOf(t, here);
  const reader = watch(t, 'cat', [fifo]);
  await reader.line(/listening \d+/);
  reader.kill('SIGKILL');
  await reader.exit;
  t.is((await here.run('reload')).code, 0);
  running.kill('SIGTERM');
  t.is((await running.exit).code, 0);
});

test('a log file that was moved away or removed is opened anew', async (t) => {
  const here = session(t);
  const log = join(workDir(t), 'shop.log');
  const running = here.start(['start', TALKS, ...ARGS, log]);
  const lines = watch(t, 'tail', ['-n', '+1', '--follow=name', '--retry', log]);
  const [, port = ''] = await lines.line(/listening (\d+)/);
  renameSync(log, `${log}.old`);
  await here.run('reload');
  await lines.event('reload-done', { generation: 2 });
  rmSync(log);
  for (let lost = 0; !existsSync(log); lost++) await get(port, `/talk?lines=1&n=${lost}`);
  await here.run('reload');
  await lines.event('reload-done', { generation: 3 });
  running.kill('SIGTERM');
  t.is((await running.exit).code, 0);
  t.is(eventsIn(readFileSync(log, 'utf8'), 'stopped', { code: 0 }).length, 1);
});

test('the files of an app of an ecosystem file: neither a full one nor a pid_file ends it', async (t) => {
  const here = session(t);
  const app = { name: 'api', script: TALKS, env: { OTEL_TRACES_EXPORTER: 'none' }, out_file: '/dev/full' };
  const more = { error_file: '/dev/full', log_file: 'all.log', pid_file: 'e.json/api.pid' };
  const cwd = tree(t, { 'e.json': JSON.stringify({ apps: [{ ...app, ...more }] }) });
  const running = here.start(['start', 'e.json'], { cwd });
  await running.line(/cannot write \/dev\/full: ENOSPC/);
  await running.event('file-unwritable', { path: join(cwd, 'e.json/api.pid') });
  const all = watch(t, 'tail', ['-n', '+1', '-F', join(cwd, 'all.log')]);
  const [, port = ''] = await all.line(/listening (\d+)/);
  t.is((await get(port, '/talk?lines=20000')).status, 200);
  await all.line(/line 19999/);
  running.kill('SIGTERM');
  t.is((await running.exit).code, 0);
  await all.event('stopped', { code: 0 });
});
