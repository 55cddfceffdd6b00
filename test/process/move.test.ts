import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { WHY_DRAINED } from '../../src/contract/connection-report.js';
import { session } from '../helpers/control.js';
import '../helpers/json-log.js';
import { client, keepAlive } from '../helpers/keep-alive.js';
import { isHere, NODE, node24 } from '../helpers/nodes.js';
import { freePort, refused } from '../helpers/raw.js';

for (const scheduling of ['shared', 'rr', 'reuseport']) {
  test(`${scheduling}: an idle connection moves with a reload, and its client notices nothing`, async (t) => {
    const node = scheduling === 'reuseport' ? node24() : NODE;
    if (!isHere(t, node)) return;
    const env = { PORT: `${await freePort()}` };
    const cluster = await keepAlive(t, ['-w', '1', '--scheduling', scheduling], { env, node });
    const one = await client(cluster.at);
    const fresh = await client(cluster.at);
    const first = await one.ask();
    await cluster.reload(2);
    const second = await one.ask();
    t.not(second.body, first.body);
    t.deepEqual([first.close, second.close], [false, false]);
    t.is((await fresh.ask()).body, second.body);
    await cluster.reload(3);
    const third = await one.ask();
    t.not(third.body, second.body);
    t.false(third.close);
    await cluster.event('connections', { slot: 0, moved: 2 });
    cluster.kill('SIGTERM');
    await refused(cluster.at);
    t.true((await one.ask()).close);
    t.true((await fresh.ask()).close);
    t.is((await cluster.exit).code, 0);
  });
}

test('a connection over a unix socket moves too', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'kf-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  const cluster = await keepAlive(t, ['-w', '2'], { env: { SOCKET: join(dir, 's') } });
  const one = await client(cluster.at);
  const first = await one.ask();
  await cluster.reload(2);
  const second = await one.ask();
  t.not(second.body, first.body);
  t.false(second.close);
});

test('a busy connection is answered where its request is, and moves then', async (t) => {
  const cluster = await keepAlive(t);
  const one = await client(cluster.at);
  const { body } = await one.ask();
  one.request('/hold');
  await cluster.line(/^holding 1/);
  const reloaded = cluster.reload(2);
  await cluster.eventTimes('worker-ready', 2, { slot: 0 });
  process.kill(Number(body.slice(4)), 'SIGUSR2');
  const answer = await one.answer(2);
  t.is(answer.body, `released ${body.slice(4)}`);
  t.false(answer.close);
  await reloaded;
  t.not((await one.ask()).body, body);
});

test('a request of which a part has come stays where that part is', async (t) => {
  const cluster = await keepAlive(t);
  const [one, other] = [await client(cluster.at), await client(cluster.at)];
  const { body } = await one.ask();
  await other.ask();
  one.send('GET / HTTP/1.1\r\nho');
  await other.ask(); // its bytes are behind those
  const reloaded = cluster.reload(2);
  await cluster.lineTimes(/connection to/, 3); // the other one has moved
  one.send('st: a\r\n\r\n');
  t.deepEqual(await one.answer(2), { body, close: false });
  await reloaded;
  one.request('/');
  t.not((await one.answer(3)).body, body);
});

test('timeouts, limits and counts of a connection hold on the other side', async (t) => {
  const cluster = await keepAlive(t, ['-w', '1'], { env: { MAX: '3' } });
  const [one, idle] = [await client(cluster.at), await client(cluster.at)];
  await idle.ask();
  await one.ask();
  await cluster.reload(2);
  t.is((await one.ask('/count')).body, 'count 2');
  t.true((await one.ask()).close); // the third of three, one of them there
  const [, pid] = (await cluster.lineTimes(/^listening \S+ (\d+)/, 2))[1]!;
  process.kill(Number(pid), 'SIGUSR2');
  const [, timeout] = await cluster.line(/^timeout (\d+)/); // Node adds a second to it
  t.true(Number(timeout) > 500_000 && Number(timeout) < 602_000, timeout); // what was left of ten minutes
  t.regex((await idle.ask()).body, /pid/);
});

test('nobody listens there any more: the connection is drained', async (t) => {
  const cluster = await keepAlive(t, ['-w', '1'], { env: { MOVE_AWAY: 'yes', PORT: `${await freePort()}` } });
  const one = await client(cluster.at);
  const { body } = await one.ask();
  const reloaded = cluster.reload(2);
  await refused(cluster.at);
  let answer = await one.ask();
  while (!answer.close) answer = await one.ask(); // it may not have been offered yet
  t.is(answer.body, body);
  await reloaded;
  const left = await cluster.event('connections', { moved: 0 });
  t.deepEqual(
    WHY_DRAINED.filter((why) => left[why] !== undefined),
    ['nobody-takes-it'],
  ); // refused() may have had one open as well
});

test('scale down and restart move connections as well; status and metrics tell', async (t) => {
  const kf = session(t);
  const cluster = await keepAlive(t, ['-w', '2', '--name', 'mover'], { env: kf.env });
  const clients = await Promise.all(Array.from({ length: 8 }, () => client(cluster.at)));
  for (const one of clients) await one.ask();
  t.is((await kf.run('scale', '1', '--name', 'mover')).code, 0);
  await cluster.event('worker-exit', { slot: 1 });
  for (const one of clients) t.false((await one.ask()).close);
  t.is((await kf.run('restart', '0', '--name', 'mover')).code, 0);
  const last = new Set<string>();
  for (const one of clients) last.add((await one.ask()).body);
  t.is(last.size, 1);
  const { stdout } = await kf.run('status', '--name', 'mover', '--json');
  t.true(JSON.parse(stdout).connections.moved >= 8);
  t.regex((await kf.run('status', '--name', 'mover')).stdout, /workers that have left: \d+ moved/);
});

test('without --move-connections the next response ends the connection', async (t) => {
  const cluster = await keepAlive(t, ['-w', '1', '--no-move-connections']);
  const one = await client(cluster.at);
  await one.ask();
  const reloaded = cluster.reload(2);
  await cluster.eventTimes('worker-ready', 2, { slot: 0 });
  while (!(await one.ask()).close);
  await reloaded;
  t.pass();
});

test("the app's own handlers run when HTTP is over, beside what only they can end", async (t) => {
  const cluster = await keepAlive(t);
  const [upgraded, stream, busy] = [await client(cluster.at), await client(cluster.at), await client(cluster.at)];
  upgraded.send('GET /upgrade HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n');
  await upgraded.until(/101/);
  stream.request('/stream');
  await stream.until(/data: 1/);
  busy.request('/hold');
  await cluster.line(/^holding 2/);
  const reloaded = cluster.reload(2);
  await cluster.eventTimes('worker-ready', 2, { slot: 0 });
  await cluster.event('worker-waits', { requests: 1, longLived: 2 });
  t.false(cluster.lines.some((line) => line.startsWith('told')));
  const [, pid] = await cluster.line(/^listening \S+ (\d+)/);
  process.kill(Number(pid), 'SIGUSR2');
  t.false((await busy.answer(1)).close);
  await cluster.line(/^told/);
  t.regex(await upgraded.ended, /bye$/);
  await reloaded;
});

test('--app-signal at-once runs them at the beginning', async (t) => {
  const cluster = await keepAlive(t, ['-w', '1', '--app-signal', 'at-once']);
  const one = await client(cluster.at);
  one.request('/hold');
  await cluster.line(/^holding/);
  cluster.kill('SIGTERM');
  const [, pid] = await cluster.line(/^told (\d+)/);
  process.kill(Number(pid), 'SIGUSR2');
  t.regex((await one.answer(1)).body, /released/);
  t.is((await cluster.exit).code, 0);
});

test('a stop waits for an idle connection no longer than --idle-timeout', async (t) => {
  const cluster = await keepAlive(t, ['-w', '1', '--idle-timeout', '50ms']);
  const one = await client(cluster.at);
  await one.ask();
  cluster.kill('SIGTERM');
  await one.ended;
  t.is((await cluster.exit).code, 0);
});

test('a request behind the last response of its connection is not begun', async (t) => {
  const cluster = await keepAlive(t);
  const [one, other] = [await client(cluster.at), await client(cluster.at)];
  await one.ask();
  await other.ask();
  cluster.kill('SIGTERM');
  await refused(cluster.at);
  one.request('/stream'); // its head says that it is the last one
  await one.until(/data: 1/);
  one.request('/hold');
  await other.ask(); // what was sent before is read
  const [, pid] = await cluster.line(/^listening \S+ (\d+)/);
  process.kill(Number(pid), 'SIGUSR2');
  t.is((await one.ended).match(/HTTP\/1.1 200/g)?.length, 2);
  t.is(cluster.lines.filter((line) => line.startsWith('holding')).length, 1);
  t.is((await cluster.exit).code, 0);
});
