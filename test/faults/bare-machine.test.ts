import { chmodSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { BIN, fixture, isAlive, NODE, privateDir, watch } from '../helpers/cluster.js';
import { session, workDir } from '../helpers/control.js';
import '../helpers/json-log.js';
import { onLinux } from '../helpers/linux.js';
import { eventsIn } from '../helpers/log-lines.js';

const APP = [fixture('apps/http.cjs'), '-w', '1'];
const { PATH = '' } = process.env;

/** Runs our command line with nothing but these variables. */
const bare = (env: Record<string, string>, ...args: string[]) => [
  '-i',
  ...Object.entries({ PATH, ...env }).map(([name, value]) => `${name}=${value}`),
  ...[NODE, BIN, ...args],
];

test('a user by number alone, with no home: it starts, spools to the temporary directory, and status finds it', async (t) => {
  if (!onLinux(t, 'setpriv, a mount namespace')) return;
  const tmp = privateDir(t);
  chmodSync(tmp, 0o777);
  const user = ['--reuid=54321', '--regid=54321', '--clear-groups', 'env'];
  const env = { TMPDIR: tmp };
  const cluster = watch(t, 'setpriv', [
    ...user,
    ...bare(env, 'start', ...APP, '--log-format=json', '--exporter-otlp-endpoint', 'http://127.0.0.1:9'),
  ]);
  await cluster.ready(1);
  const status = watch(t, 'setpriv', [...user, ...bare(env, 'status', '--json')]);
  t.is((await status.exit).code, 0);
  t.is(JSON.parse(status.stdout()).pid, cluster.pid);
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
  t.notRegex(cluster.stderr(), /\n {4,}at /);
});

test('XDG_RUNTIME_DIR longer than the path of a socket may be: the socket is elsewhere, told, and status finds it', async (t) => {
  const long = join(workDir(t), 'x'.repeat(120));
  mkdirSync(long);
  const { start, run } = session(t, { XDG_RUNTIME_DIR: long, TMPDIR: privateDir(t) });
  const cluster = start(['start', ...APP, '--no-telemetry']);
  const { why, path } = await cluster.event('control-socket', { level: 'warn' });
  t.regex(`${why}`, /too long for the path of a socket/);
  t.is(typeof path, 'string');
  await cluster.ready(1);
  t.is(JSON.parse((await run('status', '--json')).stdout).pid, cluster.pid);
  t.is((await run('stop')).code, 0);
});

test('nothing can be written anywhere, and there is no /dev/shm: it serves, and says what it lacks', async (t) => {
  if (!onLinux(t, 'setpriv, a mount namespace')) return;
  const mounts =
    'mount --bind /tmp /tmp && mount -o remount,bind,ro /tmp && mount -t tmpfs -o ro none /dev/shm && exec "$@"';
  const command = ['-m', 'sh', '-c', mounts, 'sh', NODE, BIN, 'start', ...APP, '--no-telemetry'];
  const cluster = watch(t, 'unshare', command, {
    env: {
      XDG_RUNTIME_DIR: '/dev/shm/none',
      HOME: '/dev/shm/none',
      XDG_STATE_HOME: '/dev/shm/none',
      TMPDIR: '/dev/shm/none',
    },
  });
  await cluster.ready(1);
  t.regex(`${(await cluster.event('control-socket', { level: 'warn' })).why}`, /cannot be made/);
  await cluster.event('uneven', { level: 'warn' });
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
});

test('--daemon where others can use the runtime directory says that control is off', async (t) => {
  const { run, runtimeDir } = session(t);
  mkdirSync(join(runtimeDir, 'kf-cluster'));
  chmodSync(join(runtimeDir, 'kf-cluster'), 0o777);
  const started = await run(
    'start',
    ...APP,
    '--no-telemetry',
    '--daemon',
    '--name',
    'shop',
    '--log-file',
    join(runtimeDir, 'log'),
  );
  t.is(started.code, 0);
  t.regex(
    started.stderr,
    /^warn: control is off, no command finds shop\n {2}why: .* is open to other users\n {2}fix: /,
  );
  const pid = Number(/pid (\d+)/.exec(started.stdout)?.[1]);
  t.true(isAlive(pid));
  process.kill(pid, 'SIGTERM');
  t.is(eventsIn(readFileSync(join(runtimeDir, 'log'), 'utf8'), 'control-socket').length, 1);
});
