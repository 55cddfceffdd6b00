import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { fixture, isAlive } from '../helpers/cluster.js';
import { session, workDir } from '../helpers/control.js';
import '../helpers/json-log.js';

test('--daemon returns when all workers are ready; logs go to a file; stop ends it', async (t) => {
  const { run, runtimeDir } = session(t);
  const started = await run(
    'start',
    fixture('apps/http.cjs'),
    '-w',
    '2',
    '--name',
    'shop',
    '--no-telemetry',
    '--daemon',
  );
  t.is(started.code, 0);
  const [, pid, log] = /^shop started, pid (\d+), log (.+)\n$/.exec(started.stdout)!;
  t.is(log, join(runtimeDir, 'kf-cluster', 'shop.log'));
  t.regex(readFileSync(log!, 'utf8'), /"event":"all-ready","workers":2/);
  t.regex(
    readFileSync(log!, 'utf8'),
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d \d \| listening \d+$/m,
    'what the app writes to stdout is there too',
  );
  t.like(JSON.parse((await run('status', '--json')).stdout), { name: 'shop', pid: Number(pid) });
  t.is((await run('stop')).code, 0);
  t.regex(readFileSync(log!, 'utf8'), /"event":"stopped","code":0/);
});

test('--daemon with an app that fails shows its error and exits as a start does', async (t) => {
  const { run } = session(t);
  const failed = await run('start', fixture('apps/throws.cjs'), '-w', '1', '--no-telemetry', '--daemon');
  t.is(failed.code, 70);
  t.regex(failed.stderr, /this app throws at boot[\s\S]*FIRST_GENERATION_FAILED/);
  t.is((await run('list')).code, 3);
});

test('--daemon says what it waits for: an app without a server is ready at its boot timeout', async (t) => {
  const { run } = session(t);
  const silent = [fixture('apps/silent.cjs'), '-w', '1', '--name', 'silent', '--no-telemetry', '--boot-timeout', '8s'];
  const started = await run('start', ...silent, '--daemon');
  t.is(started.code, 0, started.stderr);
  t.regex(
    started.stderr,
    /^silent is not ready yet\. It will be ready when it listens, .* has no server: --ready settled\n/,
  );
  t.is((await run('stop')).code, 0);
});

test('two names that differ have log files that differ; one with a line end in it is refused', async (t) => {
  const { run, runtimeDir } = session(t);
  const args = ['start', fixture('apps/http.cjs'), '-w', '1', '--no-telemetry', '--daemon', '--name'];
  const logs = [];
  for (const name of ['a/b', 'a_b']) {
    const started = await run(...args, name);
    t.is(started.code, 0);
    logs.push(/log (.+)\n$/.exec(started.stdout)?.[1]);
    t.is((await run('stop', name)).code, 0);
  }
  t.is(logs[1], join(runtimeDir, 'kf-cluster', 'a_b.log'));
  t.not(logs[0], logs[1]);
  const refused = await run(...args, 'a\n[kf-cluster] b');
  t.is(refused.code, 78);
  t.regex(refused.stderr, /CONFIG_INVALID: the name "a\\n\[kf-cluster\] b" cannot be used/);
});

test('--daemon beside one of the same name is refused, and disturbs nothing', async (t) => {
  const { run } = session(t);
  const args = ['start', fixture('apps/http.cjs'), '-w', '1', '--name', 'shop', '--no-telemetry', '--daemon'];
  const [, pid] = /pid (\d+)/.exec((await run(...args)).stdout)!;
  t.teardown(() => isAlive(Number(pid)) && process.kill(Number(pid), 'SIGKILL'));
  const second = await run(...args);
  t.is(second.code, 73);
  t.regex(second.stderr, new RegExp(`process ${pid} runs`));
  t.is((await run('stop')).code, 0);
});

test('--log-file in the foreground; a directory is refused, and a file in a folder that is not there', async (t) => {
  const { start, run } = session(t);
  const dir = workDir(t);
  const file = join(dir, 'shop.log');
  const args = ['start', fixture('apps/http.cjs'), '-w', '1', '--no-telemetry', '--log-file'];
  const cluster = start([...args, file]);
  cluster.kill('SIGTERM');
  await cluster.exit;
  t.is(cluster.stdout(), '');
  const refused = await run(...args, dir);
  t.is(refused.code, 78);
  t.regex(refused.stderr, /LOG_FILE: cannot write the log file/);
  const nowhere = join(dir, 'none', 'shop.log');
  for (const more of [[], ['--daemon']]) {
    const { code, stderr } = await run(...args, nowhere, ...more);
    t.is(code, 78, stderr);
    t.regex(stderr, /ENOENT/);
  }
  t.false(existsSync(join(dir, 'none')), 'a folder that was named is not made');
});
