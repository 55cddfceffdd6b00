import { once } from 'node:events';
import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { join } from 'node:path';
import test from 'ava';
import type { FullStatus } from '../../src/contract/control-protocol.js';
import { fixture } from '../helpers/cluster.js';
import { PRETTY, session, workDir } from '../helpers/control.js';
import { get } from '../helpers/http.js';
import '../helpers/json-log.js';

const APP = fixture('apps/http.cjs');
const STOPPED = '{"stopped":true}\n';
const START = ['start', APP, '--no-telemetry'];

test('status asks each worker: table, JSON, one slot, and curl', async (t) => {
  const { start, run, runtimeDir } = session(t);
  const cluster = start([...START, '-w', '2', '--name', 'shop']);
  const [, port = ''] = await cluster.line(/^listening (\d+)/);
  await cluster.ready(2);
  await get(port);
  const held = get(port, '/hold');
  await cluster.line(/^holding/);
  t.regex((await run('status')).stdout, /^shop {2}pid \d+ {2}running/);
  for (const command of ['ps', 'ls']) t.regex((await run(command)).stdout, /^shop +\d+ +running/m);

  const status: FullStatus = JSON.parse((await run('status', '--json')).stdout);
  t.like(status, { name: 'shop', pid: cluster.pid, phase: 'running', generation: 1, target: 2, leaving: false });
  const sum = (key: 'requests' | 'inFlight' | 'connections') =>
    status.workers.reduce((total, { stats }) => total + stats![key], 0);
  t.deepEqual([sum('requests'), sum('inFlight'), sum('connections')], [2, 1, 1]);
  t.true(status.workers.every(({ stats }) => stats!.rss > 10_000_000 && stats!.loopDelayP99 >= 0));

  const { pid } = status.workers[1]!;
  t.regex((await run('describe', '1')).stdout, new RegExp(`pid +${pid}\n`));
  const colors = async (env: Readonly<Record<string, string>>) => {
    const described = start(['describe', '1'], { env });
    await described.exit;
    return described.stdout();
  };
  t.true((await colors({ FORCE_COLOR: '1' })).includes('\nphase       \u001b[32mready\u001b[0m for '));
  t.false((await colors({ FORCE_COLOR: '1', NO_COLOR: '1' })).includes('\u001b'));
  t.is((await run('describe', '7')).code, 2);

  const socketPath = join(runtimeDir, 'kf-cluster', 'shop.sock');
  t.is(statSync(socketPath).mode & 0o777, 0o600);
  const answer = await ask(socketPath, '/v1/nothing');
  t.is(answer.status, 404);
  t.is(JSON.parse(answer.text).error.code, 'BAD_REQUEST');

  cluster.kill('SIGTERM');
  process.kill(Number((await cluster.line(/^holding (\d+)/))[1]), 'SIGUSR2');
  await held;
  t.is((await cluster.exit).code, 0);
  t.false(existsSync(socketPath));
});

test('a worker that is blocked is shown without figures', async (t) => {
  const { start, run } = session(t);
  const cluster = start(['start', fixture('apps/blocks.cjs'), '--no-telemetry', '-w', '1']);
  const [, port = ''] = await cluster.line(/^listening (\d+)/);
  await cluster.ready(1);
  get(port, '/block').catch(() => undefined);
  const [, pid] = await cluster.line(/^blocking (\d+)/);
  t.teardown(() => process.kill(Number(pid), 'SIGKILL'));
  t.regex((await run('describe', '0')).stdout, /it does not answer/);
});

test('stop returns when the name is free; nothing runs then', async (t) => {
  const { start, run } = session(t);
  const cluster = start([...START, '-w', '1', '--name', 'shop']);
  await cluster.ready(1);
  t.deepEqual(await run('stop'), { code: 0, stdout: 'shop stopped\n', stderr: '' });
  t.is((await cluster.exit).code, 0);
  for (const command of ['status', 'reload', 'stop', 'list']) t.is((await run(command)).code, 3, command);
});

test('a second stop waits for the end of the first: it is no sign of impatience', async (t) => {
  const { start, runtimeDir } = session(t);
  const cluster = start([...START, '-w', '1', '--name', 'shop']);
  const [, port = ''] = await cluster.line(/^listening (\d+)/);
  const held = get(port, '/hold');
  const [, worker = ''] = await cluster.line(/^holding (\d+)/);
  const socketPath = join(runtimeDir, 'kf-cluster', 'shop.sock');
  const first = ask(socketPath, '/v1/stop', 'POST');
  await cluster.event('stopping', { workers: 1 });
  const second = ask(socketPath, '/v1/stop', 'POST');
  t.is(JSON.parse((await ask(socketPath, '/v1/status')).text).phase, 'stopping');
  process.kill(Number(worker), 'SIGUSR2');
  t.is((await held).body, 'released');
  for (const { status, text } of await Promise.all([first, second])) t.deepEqual([status, text], [200, STOPPED]);
  t.deepEqual(await cluster.exit, { code: 0, signal: null });
});

test('stop --force does not wait for requests', async (t) => {
  const { start, run } = session(t);
  const cluster = start([...START, '-w', '1']);
  const [, port = ''] = await cluster.line(/^listening (\d+)/);
  const held = t.throwsAsync(get(port, '/hold'));
  await cluster.line(/^holding/);
  t.is((await run('stop', '--force')).code, 0);
  await held;
  t.is((await cluster.exit).code, 143);
});

test('scale, up by one, to a number, down by one, and never to nothing', async (t) => {
  const { start, run } = session(t);
  const cluster = start([...START, '-w', '1']);
  await cluster.ready(1);
  t.is((await run('scale', '+2')).stdout, 'from 1 to 3 workers\n');
  await cluster.eventTimes('worker-ready', 3);
  t.is((await run('scale', '-1')).stdout, 'from 3 to 2 workers\n');
  t.is((await run('scale', '2')).stdout, 'there are 2 workers already\n');
  t.is((await run('scale', '0')).code, 2);
  t.is((await run('scale', 'many')).code, 2);
});

test('restart replaces one slot or all, the new one ready first; signal reaches the workers', async (t) => {
  const { start, run } = session(t);
  const cluster = start([...START, '-w', '2', '--hooks', fixture('hooks/all.mjs')]);
  await cluster.ready(2);
  const one = await run('restart', '1');
  t.is(one.code, 0);
  t.regex(one.stdout, /^slot 1: forking -> ready [\d.]+ m?s -> old drained [\d.]+ m?s$/m);
  t.is(cluster.lines.filter((line) => /onWorkerExit 1 0 null restart/.test(line)).length, 1);
  t.is((await run('restart', '--json')).code, 0);
  t.is(cluster.lines.filter((line) => /onWorkerExit \d 0 null restart/.test(line)).length, 3);
  t.is((await run('restart', '9')).code, 2);
  t.regex((await run('signal', 'USR2', '--worker', '0')).stdout, /^SIGUSR2 sent to \d+\n$/);
  t.is((await run('signal', 'NOPE')).code, 2);
});

test('several supervisors: list shows them, one is named, an unknown name is 4', async (t) => {
  const { start, run } = session(t);
  const dir = workDir(t);
  const [a, b] = ['a', 'b'].map((name) =>
    start([...START, '-w', '1', '--name', name, '--pidfile', join(dir, `${name}.pid`)]),
  ) as [ReturnType<typeof start>, ReturnType<typeof start>];
  await Promise.all([a.ready(1), b.ready(1)]);
  t.deepEqual(
    JSON.parse((await run('list', '--json')).stdout).map((one: { name: string }) => one.name),
    ['a', 'b'],
  );
  const which = await run('status');
  t.is(which.code, 2);
  t.regex(which.stderr, /WHICH_ONE[\s\S]*these run: a, b/);
  t.is((await run('status', '--name', 'c')).code, 4);
  t.regex((await run('status', '-n', 'b')).stdout, /^b /);
  t.regex((await run('status', '--pidfile', join(dir, 'a.pid'))).stdout, /^a /);
  t.is((await run('stop', '-n', 'a')).code, 0);
  t.is((await run('status', '--pidfile', join(dir, 'a.pid'))).code, 3);
});

test('a second supervisor of one name, or one pidfile, is refused with who owns it; the first goes on', async (t) => {
  const { start, run } = session(t);
  const pidfile = join(workDir(t), 'shop.pid');
  const first = start([...START, '-w', '1', '--name', 'shop', '--pidfile', pidfile]);
  await first.ready(1);
  t.is(readFileSync(pidfile, 'utf8'), `${first.pid}\n`);

  const name = await run(...START, '--name', 'shop');
  t.is(name.code, 73);
  t.true(name.stderr.includes('NAME_IN_USE') && name.stderr.includes(`process ${first.pid} runs ${APP}`));
  const file = await run(...START, '--name', 'other', '--pidfile', pidfile);
  t.is(file.code, 73);
  t.true(file.stderr.includes('PIDFILE_IN_USE') && file.stderr.includes(`process ${first.pid} owns it`));

  t.is(readFileSync(pidfile, 'utf8'), `${first.pid}\n`);
  t.regex((await run('status')).stdout, /^shop .*running/);
  first.kill('SIGTERM');
  await first.exit;
  t.false(existsSync(pidfile));
});

test('what a killed primary left behind is replaced: start works at once', async (t) => {
  const { start, run } = session(t);
  const args = [...START, '-w', '1', '--name', 'shop', '--pidfile', join(workDir(t), 'shop.pid')];
  const first = start(args);
  await first.ready(1);
  first.kill('SIGKILL');
  await first.exit;
  t.is((await run('status')).code, 3);
  const second = start(args);
  await second.ready(1);
  t.is(JSON.parse((await run('status', '--json')).stdout).pid, second.pid);
});

test('a place that others could use is left alone: no socket, but the cluster runs', async (t) => {
  const { start, runtimeDir } = session(t);
  mkdirSync(join(runtimeDir, 'kf-cluster'), { mode: 0o755 });
  const cluster = start([...START, '-w', '1']);
  t.regex(`${(await cluster.event('control-socket', { level: 'warn' })).why}`, /open to other users/);
  await cluster.ready(1);
  t.deepEqual(readdirSync(join(runtimeDir, 'kf-cluster')), []);
});

test('a file in the place of the socket is not touched', async (t) => {
  const { start, runtimeDir } = session(t);
  const file = join(runtimeDir, 'kf-cluster', 'shop.sock');
  mkdirSync(join(runtimeDir, 'kf-cluster'), { mode: 0o700 });
  writeFileSync(file, 'precious');
  const cluster = start([...START, '-w', '1', '--name', 'shop']);
  t.regex(`${(await cluster.event('control-socket', { level: 'warn' })).why}`, /not a socket of this user/);
  await cluster.ready(1);
  t.is(readFileSync(file, 'utf8'), 'precious');
});

// Only root can make a file that belongs to somebody else.
if (process.getuid?.() === 0) {
  test('a socket of another user is neither called nor replaced', async (t) => {
    const { start, run, runtimeDir } = session(t);
    const dir = join(runtimeDir, 'kf-cluster');
    const path = join(dir, 'shop.sock');
    mkdirSync(dir, { mode: 0o700 });
    let calls = 0;
    const stranger = net.createServer(() => void calls++).listen(path);
    await once(stranger, 'listening');
    t.teardown(() => stranger.close());
    chownSync(path, 12_345, 12_345);
    const { ino } = statSync(path);
    const cluster = start([...START, '-w', '1', '--name', 'shop']);
    t.regex(`${(await cluster.event('control-socket', { level: 'warn' })).why}`, /not a socket of this user/);
    await cluster.ready(1);
    t.is((await run('status', '--name', 'shop')).code, 3);
    cluster.kill('SIGTERM');
    t.is((await cluster.exit).code, 0);
    t.is(statSync(path).ino, ino);
    t.is(calls, 0);
  });
}

test('a supervisor that does not answer is 69', async (t) => {
  const { start, run } = session(t);
  const cluster = start([...START, '-w', '1', '--name', 'shop']);
  await cluster.ready(1);
  cluster.kill('SIGSTOP');
  t.is((await run('status', '--name', 'shop')).code, 69);
  cluster.kill('SIGCONT');
});

test('logs: what was said, of one worker, and what comes', async (t) => {
  const { start, run, watch } = session(t, PRETTY);
  const cluster = start([...START, '-w', '2', '--hooks', fixture('hooks/all.mjs')]);
  await cluster.lineTimes(/^hook onWorkerReady/, 2);
  const all = (await run('logs', '--since', '1h')).stdout;
  t.regex(all, /^\d{4}\S+ \[kf-cluster\] starting 2 workers/m);
  t.regex(all, /^\S+ 0 \| hook postFork A 0/m);
  const one = (await run('logs', '--worker', '1')).stdout;
  t.false(/^\S+ 0 \|/m.test(one));
  t.regex(one, /^\S+ 1 \| hook postFork A 1/m);
  const follow = watch('logs', '-f');
  await follow.line(/hook onWorkerReady 1/); // it follows
  t.is((await run('scale', '3')).code, 0);
  await follow.line(/^\S+ 2 \| hook onWorkerReady 2/);
  cluster.kill('SIGTERM');
  t.is((await follow.exit).code, 0, 'ends with the supervisor');
  t.is((await cluster.exit).code, 0);
});

function ask(socketPath: string, path: string, method = 'GET'): Promise<{ status: number | undefined; text: string }> {
  return new Promise((resolve, reject) => {
    http
      .request({ socketPath, path, method, agent: false }, async (response) => {
        let text = '';
        for await (const chunk of response) text += chunk;
        resolve({ status: response.statusCode, text });
      })
      .on('error', reject)
      .end();
  });
}
