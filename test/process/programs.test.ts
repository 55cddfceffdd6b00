import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { isAlive, kfCluster } from '../helpers/cluster.js';
import '../helpers/json-log.js';
import { session } from '../helpers/control.js';
import { onLinux } from '../helpers/linux.js';
import { tree } from '../helpers/tree.js';

function start(t: ExecutionContext, app: object, files: Record<string, string>) {
  const text = JSON.stringify({ apps: [{ name: 'job', ...app }] });
  return kfCluster(t, ['start', 'e.json'], { cwd: tree(t, { 'e.json': text, 'package.json': '{}', ...files }) });
}

/** What is killed and not yet reaped, which is up to PID 1, runs no more. */
function runs(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !stat.slice(stat.lastIndexOf(')')).startsWith(') Z');
  } catch {
    return false;
  }
}

test('a script of the shell is a process that is supervised: its output, its variables, its stop', async (t) => {
  const script =
    'trap "echo bye; exit 0" INT\necho "up $WHO $1 $NODE_APP_INSTANCE pid $$"\nwhile :; do sleep 0.01; done\n';
  const job = start(t, { script: './job.sh', args: 'one', env: { WHO: 'me' } }, { 'job.sh': script });
  const [, pid = ''] = await job.line(/^up me one 0 pid (\d+)/);
  t.regex(job.stderr(), /script is job\.sh: run by .*\/bash, as a process without cluster and telemetry/);
  job.kill('SIGTERM');
  t.is((await job.exit).code, 0, job.stderr());
  t.regex(job.stdout(), /^bye$/m);
  t.false(isAlive(Number(pid)));
});

test('a script of the shell that fails is restarted, and given up as any app', async (t) => {
  const job = start(
    t,
    { script: 'job.sh', max_restarts: 1, restart_delay: 1 },
    { 'job.sh': 'echo no such luck >&2; exit 7\n' },
  );
  t.is((await job.exit).code, 70);
  t.regex(job.stderr(), /no such luck/);
  t.true(job.events('worker-exit', { slot: 0, code: 7 }).length > 0);
});

test('a worker that is killed takes its program along, and another one starts', async (t) => {
  if (!onLinux(t, '/proc')) return;
  const files = { 'job.sh': 'echo "pid $$ $PPID"; exec sleep 1000\n' };
  const job = start(t, { script: 'job.sh', interpreter: 'sh' }, files);
  const [, program = '', worker = ''] = await job.line(/^pid (\d+) (\d+)/);
  process.kill(Number(worker), 'SIGKILL');
  await job.lineTimes(/^pid \d+ \d+/, 2);
  while (runs(Number(program))) await new Promise(setImmediate); // killed when the guard reads that the worker is gone
  job.kill('SIGTERM');
  t.is((await job.exit).code, 0, job.stderr());
});

test('a program that pays no heed to SIGINT is stopped by SIGTERM', async (t) => {
  const job = start(t, { script: 'job.sh' }, { 'job.sh': 'trap "" INT; echo up; sleep 1000\n' });
  await job.line(/^up/);
  job.kill('SIGTERM');
  t.is((await job.exit).code, 0, job.stderr());
});

test('several of a program, and a binary as the script', async (t) => {
  const several = start(
    t,
    { script: 'job.sh', instances: 2, instance_var: 'NUMBER' },
    { 'job.sh': 'echo "number $NUMBER,$NODE_APP_INSTANCE"; sleep 1000\n' },
  );
  await several.line(/^number 0,$/);
  await several.line(/^number 1,$/);
  several.kill('SIGTERM');
  t.is((await several.exit).code, 0);
  const binary = start(t, { script: 'echo', interpreter: 'none', args: ['hello'], autorestart: false }, {});
  t.is((await binary.exit).code, 0, binary.stderr());
  t.regex(binary.stdout(), /^hello$/m);
});

test('a reload replaces the process', async (t) => {
  const files = { 'job.sh': 'echo "pid $$"; exec sleep 1000\n' };
  const job = start(t, { script: 'job.sh' }, files);
  await job.line(/^pid (\d+)/);
  job.kill('SIGHUP');
  await job.event('reload-done', { generation: 2 });
  t.is((await job.lineTimes(/^pid (\d+)/, 2)).length, 2);
  job.kill('SIGTERM');
  t.is((await job.exit).code, 0, job.stderr());
});

test('the wrapper is not what the log of an app without output speaks of', async (t) => {
  const cwd = tree(t, {
    'e.json': '{"script":"job.sh","out_file":"out.log"}',
    'job.sh': 'echo hello; echo up >&2; exec sleep 1000',
    'package.json': '{}',
  });
  const job = kfCluster(t, ['start', 'e.json'], { cwd });
  await job.line(/^up$/); // a program is ready when it runs, which may be before its first line
  job.kill('SIGTERM');
  t.is((await job.exit).code, 0);
  t.is(readFileSync(join(cwd, 'out.log'), 'utf8'), 'hello\n');
});

test('status, list and describe name the script that its user wrote, and what runs it', async (t) => {
  const cwd = tree(t, {
    'e.json': JSON.stringify({
      apps: [{ name: 'job', script: 'jobs/job.sh', interpreter: 'sh', args: ['one', 'two'] }],
    }),
    'package.json': '{}',
    'jobs/job.sh': 'echo up; exec sleep 1000\n',
  });
  const { start, run } = session(t);
  const job = start(['start', 'e.json'], { cwd });
  await job.ready(1);
  const script = join(cwd, 'jobs/job.sh');
  t.is(JSON.parse((await run('list', '--json')).stdout)[0].script, script);
  t.is(JSON.parse((await run('status', '--json')).stdout).script, script);
  const described = await run('describe', '0');
  t.true(described.stdout.includes(script), described.stdout);
  t.regex(described.stdout, /interpreter +\S*\/sh\n/);
  for (const text of [described.stdout, (await run('list')).stdout, (await run('status')).stdout])
    t.notRegex(text, /run-program/);
  job.kill('SIGTERM');
  t.is((await job.exit).code, 0, job.stderr());
});

test('start of a script of another language names an ecosystem file that runs it, from a directory too', async (t) => {
  const cwd = tree(t, { 'jobs/job.sh': 'echo "up in $PWD"; exec sleep 1000\n', 'package.json': '{}' });
  const refused = kfCluster(t, ['start', 'jobs/job.sh'], { cwd });
  t.is((await refused.exit).code, 2);
  const [, file = ''] = /Write (\{.*\}) to ecosystem\.json/.exec(refused.stderr()) ?? [];
  writeFileSync(join(cwd, 'ecosystem.json'), file);
  const job = kfCluster(t, ['start', 'ecosystem.json'], { cwd });
  await job.line(/^up in /);
  job.kill('SIGTERM');
  t.is((await job.exit).code, 0, job.stderr());
});
