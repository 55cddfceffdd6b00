import test from 'ava';
import { errorIn, run, setEnv } from './run-here.js';
import { running, runtimeDir } from './running-here.js';

runtimeDir();

const json = (text: string) =>
  text
    .trim()
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));

test.serial('of all that run, each line says of whom it is, names of one width', async (t) => {
  const [a, b] = [await running(t, 'web'), await running(t, 'queue')];
  a.ring.own('[kf-cluster] first');
  b.ring.worker(1, 'stdout').write(Buffer.from('second\n'));
  const { code, out } = await run('logs');
  t.is(code, 0);
  const lines = out.trim().split('\n').toSorted();
  t.regex(lines[0] ?? '', /^queue \| \S+ 1 \| second$/);
  t.regex(lines[1] ?? '', /^web {3}\| \S+ \[kf-cluster\] first$/);
  const names = json((await run('logs', '--json')).out).map(({ supervisor }) => supervisor);
  t.deepEqual(names.toSorted(), ['queue', 'web']);
});

test.serial('of one alone no name stands in front, in neither form', async (t) => {
  const [{ ring }] = [await running(t, 'web'), await running(t, 'queue')];
  ring.own('only');
  t.regex((await run('logs', 'web')).out, /^\d{4}\S+ only\n$/);
  t.is(json((await run('logs', 'web', '--json')).out)[0].supervisor, undefined);
  setEnv(t, { KF_CLUSTER_NAME: 'web' });
  t.regex((await run('logs')).out, /^\d{4}\S+ only\n$/);
});

test.serial('a line of several, as our own errors are, stays together; one of an app is one line', async (t) => {
  const { ring } = await running(t, 'web');
  ring.own('[kf-cluster] error: a\n  why: b\n');
  ring.worker(0, 'stderr').write(Buffer.from('x\ry\u001b[2J\r\nz\n'));
  const lines = (await run('logs')).out.trimEnd().split('\n');
  t.regex(lines[0] ?? '', /error: a$/);
  t.is(lines[1], '  why: b');
  t.regex(lines[2] ?? '', / 0 \| x\\x0dy\\x1b\[2J$/);
  t.regex(lines[3] ?? '', / 0 \| z$/);
});

test.serial('which lines: of one worker, the last ones, since when', async (t) => {
  const { ring } = await running(t, 'web');
  for (const slot of [0, 1]) ring.worker(slot, 'stdout').write(Buffer.from(`a${slot}\nb${slot}\nc${slot}\n`));
  const texts = async (...flags: string[]) => json((await run('logs', '--json', ...flags)).out).map(({ text }) => text);
  t.deepEqual(await texts('--worker', '1'), ['a1', 'b1', 'c1']);
  t.deepEqual(await texts('--worker', '0', '--lines', '2'), ['b0', 'c0']);
  t.deepEqual(await texts('--lines', '0'), []);
  t.is((await texts('--lines', '100')).length, 6);
  t.is((await texts('--since', '1970-01-01')).length, 6, 'they were said five milliseconds later');
  t.deepEqual(await texts('--since', '1h'), []);
  t.deepEqual(await texts('--worker', '7'), [], 'a slot that is none has said nothing');
});

test.serial('reopen without a log file is refused by each, with its name, and ends with the first code', async (t) => {
  await Promise.all([running(t, 'web'), running(t, 'queue')]);
  const { code, out, err } = await run('logs', 'web', 'queue', '--reopen');
  t.deepEqual([code, out], [1, '']);
  t.regex(err, /^web: error REFUSED: [\s\S]*^queue: error REFUSED: /m);
});

test.serial('describe, status and list in JSON are one line each, for jq', async (t) => {
  await running(t, 'web');
  for (const args of [['status'], ['list'], ['describe', '0']]) {
    const { out, code } = await run(...args, '--json');
    t.is(code, 0);
    t.is(out.trimEnd().split('\n').length, 1, args[0]);
    t.notThrows(() => JSON.parse(out));
  }
});

test.serial('list goes on where one does not say its state, and its name leads to its status', async (t) => {
  const [web] = [await running(t, 'web'), await running(t, 'queue')];
  const rows = JSON.parse((await run('list', '--json')).out);
  t.deepEqual(rows.map(({ name }: { name: string }) => name).toSorted(), ['queue', 'web']);
  t.like(rows[0], { phase: 'running', ready: 2, target: 2, restarts: 0, script: '/app.js' });
  t.is(rows[0].cpu, 0.5, 'of both its workers');
  t.regex((await run('ps', '--name', 'web')).out, /^web {2}pid/);
  await web.close();
  t.is(JSON.parse((await run('list', '--json')).out).length, 1);
  const { code, err } = await run('ls', 'web');
  t.deepEqual([code, errorIn(err).code], [4, 'UNKNOWN_NAME']);
});
