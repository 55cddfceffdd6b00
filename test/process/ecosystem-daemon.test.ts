import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { BIN, fixture, isAlive, kfCluster, NODE } from '../helpers/cluster.js';
import { session } from '../helpers/control.js';
import '../helpers/json-log.js';
import { onLinux } from '../helpers/linux.js';
import { eventsIn } from '../helpers/log-lines.js';
import { tree } from '../helpers/tree.js';

const HTTP = fixture('apps/http.cjs');
const QUIET = { OTEL_TRACES_EXPORTER: 'none' };

/** Commands in a folder with an ecosystem file of these apps. */
function inFolder(t: ExecutionContext, apps: readonly object[]) {
  const cwd = tree(t, { 'e.config.cjs': `exports.apps = ${JSON.stringify(apps)}`, 'package.json': '{}' });
  const { env, runtimeDir } = session(t);
  const run = async (...args: string[]) => {
    const command = kfCluster(t, args, { cwd, env });
    const { code } = await command.exit;
    return { code, stdout: command.stdout(), stderr: command.stderr() };
  };
  // What a failing test leaves runs in the background.
  t.teardown(() => spawnSync(NODE, [BIN, 'stop', 'all', '--force'], { env: { ...process.env, ...env } }));
  return { cwd, run, runtimeDir };
}

interface Listed {
  readonly name: string;
  readonly pid: number;
  readonly phase: string;
  readonly rss: number;
}

test('start FILE --daemon returns when every app is ready; all of them are listed, reloaded and stopped at once', async (t) => {
  const { run, runtimeDir } = inFolder(t, [
    { name: 'api', script: HTTP, instances: 2, env: QUIET },
    { name: 'my web, too', script: HTTP, env: QUIET },
  ]);
  const started = await run('start', 'e.config.cjs', '--daemon');
  t.is(started.code, 0, started.stderr);
  t.regex(started.stdout, /^api started, pid \d+, log .*\/api\.log\nmy web, too started, pid \d+, log /);
  t.is(eventsIn(readFileSync(join(runtimeDir, 'kf-cluster/api.log'), 'utf8'), 'all-ready', { workers: 2 }).length, 1);
  const apps = JSON.parse((await run('list', '--json')).stdout) as Listed[];
  t.deepEqual(
    apps.map(({ name, phase }) => [name, phase]),
    [
      ['api', 'running'],
      ['my web, too', 'running'],
    ],
  );
  t.true(apps.every(({ rss }) => rss > 10_000_000));
  t.regex((await run('ls')).stdout, /^NAME .*CPU +MEMORY[\s\S]*^api .* 2\/2 .*\d+ MB/m);
  for (const args of [
    ['reload', 'all'],
    ['reload', 'e.config.cjs'],
    ['restart', 'all'],
  ]) {
    const all = await run(...args);
    t.is(all.code, 0, all.stderr);
    t.regex(all.stdout, /of api: done[\s\S]*of my web, too: done/, args.join(' '));
  }
  const one = await run('reload', 'e.config.cjs', '--only', 'my web, too');
  t.regex(one.stdout, /^reload: done/m);
  const reopened = await run('reloadLogs');
  t.is(reopened.code, 0, reopened.stderr);
  t.regex(reopened.stdout, /\/api\.log is opened anew\n.*\/my_web__too~\w+\.log is opened anew\n$/);
  const last = await run('logs', '--lines', '1');
  t.regex(last.stdout, /^api {8} \| .*\nmy web, too \| .*\n$/, last.stderr);
  const named = await run('logs', '--json', '--lines', '1', 'api', 'my web, too');
  t.deepEqual(
    named.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).supervisor),
    ['api', 'my web, too'],
  );
  const following = kfCluster(t, ['logs', '-f', 'all'], { env: { XDG_RUNTIME_DIR: runtimeDir } });
  await Promise.all([following.line(/^api {8} \| .*ready: 2/), following.line(/^my web, too \| .*ready: 1/)]);
  t.is((await run('stop', 'all')).code, 0);
  t.is((await following.exit).code, 0, following.stderr());
  t.is((await run('list')).code, 3);
});

test('start FILE --daemon with an app that fails: its error, its code, and the others run', async (t) => {
  const { run } = inFolder(t, [
    { name: 'api', script: HTTP, env: QUIET },
    { name: 'bad', script: fixture('apps/throws.cjs'), env: QUIET },
  ]);
  const started = await run('start', 'e.config.cjs', '--daemon');
  t.is(started.code, 70);
  t.regex(started.stdout, /^api started/m);
  t.regex(started.stderr, /this app throws at boot[\s\S]*app bad has ended with code 70/);
  t.regex((await run('describe', 'api')).stdout, /^api {2}pid \d+ {2}running/);
  const again = await run('start', 'e.config.cjs', '--only', 'api', '--daemon');
  t.is(again.code, 73, 'the name is taken');
  t.regex(again.stderr, /NAME_IN_USE/);
  t.is((await run('delete', 'api')).code, 0);
});

test('start FILE --daemon takes a job and a program without a port as started, and a crash soon after the start as a failed one', async (t) => {
  const late = 'setTimeout(() => { throw new Error("this job throws late") }, 300);';
  const { cwd, run } = inFolder(t, [
    { name: 'job', script: fixture('apps/silent.cjs'), kf: { bootTimeout: '10m' }, env: QUIET },
    { name: 'sh', script: 'lives.sh', kf: { bootTimeout: '10m' } },
    { name: 'late', script: 'late.cjs', autorestart: false, env: QUIET },
    { name: 'dies', script: 'dies.sh' },
  ]);
  const files = { 'late.cjs': late, 'lives.sh': 'exec sleep 600\n', 'dies.sh': 'sleep 0.3; exit 3\n' };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, name), text);
  const started = await run('start', 'e.config.cjs', '--daemon');
  t.is(started.code, 1, 'that of the job, the first in the file');
  t.regex(started.stdout, /^job started, .*\nsh started, /);
  t.regex(started.stderr, /this job throws late[\s\S]*app late has ended with code 1, /);
  t.true(eventsIn(started.stderr, 'worker-exit', { code: 3 }).length > 0);
  t.regex(started.stderr, /app dies has ended with code 70/);
  t.is((await run('stop', 'all')).code, 0);
});

test('start FILE --daemon with jobs that are over before it returns: they have ended, and with what', async (t) => {
  const job = { autorestart: false, log_file: 'job.log', out_file: 'NULL', error_file: 'NULL', env: QUIET };
  const { cwd, run } = inFolder(t, [
    { name: 'done', script: fixture('apps/job.cjs'), args: '0', pid_file: 'done.pid', ...job },
    { name: 'api', script: 'waits.cjs', env: QUIET },
  ]);
  // The launcher removes the pid file when it has seen the end of the job.
  const waits = `const look = () => (require('node:fs').existsSync('done.pid') ? setTimeout(look, 20) : require('${HTTP}'));`;
  writeFileSync(join(cwd, 'waits.cjs'), `${waits}\nlook();\n`);
  const started = await run('start', 'e.config.cjs', '--daemon');
  t.is(started.code, 0, started.stderr);
  t.notRegex(started.stderr, /warn|error|ended with/);
  t.regex(started.stdout, new RegExp(`^done has ended, log ${cwd}/job\\.log\\napi started`));
});

test('an app whose name is taken ends a start in the foreground too', async (t) => {
  const { run } = inFolder(t, [{ name: 'api', script: HTTP, env: QUIET }]);
  t.is((await run('start', 'e.config.cjs', '--daemon')).code, 0);
  const second = await run('start', 'e.config.cjs');
  t.is(second.code, 73);
  t.regex(second.stderr, /NAME_IN_USE/);
  t.is((await run('stop', 'e.config.cjs')).code, 0);
  const none = await run('reload', 'e.config.cjs');
  t.is(none.code, 3);
  t.regex(none.stderr, /no app of e\.config\.cjs runs[\s\S]*kf-cluster start e\.config\.cjs --daemon/);
});

test('start-or-reload starts what does not run, and reloads what does', async (t) => {
  const { run } = inFolder(t, [
    { name: 'api', script: HTTP, env: QUIET },
    { name: 'web', script: HTTP, env: QUIET },
  ]);
  t.is((await run('start', 'e.config.cjs', '--only', 'api', '--daemon')).code, 0);
  const running = await run('reload', 'e.config.cjs');
  t.is(running.code, 0);
  t.is(running.stderr, 'web: does not run; kf-cluster start-or-reload e.config.cjs starts it too\n');
  const both = await run('startOrReload', 'e.config.cjs');
  t.is(both.code, 0, both.stderr);
  t.regex(both.stdout, /generation 3[\s\S]*^web started/m);
  t.is((await run('kill')).code, 0);
});

test('a file that all apps end from: the background process ends with them', async (t) => {
  if (!onLinux(t, '/proc')) return;
  const { run, runtimeDir } = inFolder(t, [{ name: 'api', script: HTTP, env: QUIET }]);
  const { stdout } = await run('start', 'e.config.cjs', '--daemon');
  const pid = Number(/pid (\d+)/.exec(stdout)![1]);
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const launcher = Number(stat.slice(stat.lastIndexOf(')')).split(' ')[2]);
  t.true(isAlive(launcher));
  const ended = kfCluster(t, ['logs', '-f', 'api'], { env: { XDG_RUNTIME_DIR: runtimeDir } });
  await ended.ready(1);
  t.is((await run('stop', 'api')).code, 0);
  await ended.exit;
  while (isAlive(launcher)) await new Promise(setImmediate); // its child is reaped; the next thing it does is to end
  t.pass();
});
