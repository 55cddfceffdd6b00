import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Config } from '../../src/config/types.js';
import { type Leftovers, sendLeftovers } from '../../src/supervisor/start-flush-process.js';
import { privateDir } from '../helpers/cluster.js';
import { keptLog } from './kept-log.js';
import { CONFIG, forks, scripted } from './scripted-ports.js';

const NOTHING: Leftovers = {
  refused: undefined,
  workers: { ends: [], running: [] },
  lifecycle: [],
};
const REFUSED = { spans: 4, 'log records': 0, metrics: 2 };

/** What is logged and written when that is left; no process is started where none is needed, which would take its time. */
async function left(t: ExecutionContext, dens: readonly string[], leftovers: Leftovers, change: Partial<Config> = {}) {
  const spoolDir = privateDir(t);
  for (const den of dens) mkdirSync(join(spoolDir, den));
  const { log, lines } = keptLog();
  const written: string[] = [];
  const sink = {
    err: (chunk: Buffer | string) => void written.push(String(chunk)),
  };
  await sendLeftovers({ ...CONFIG, telemetry: true, spoolDir, ...change }, leftovers, { log, sink });
  return { lines: lines(), written, spoolDir };
}

test('where nothing is left, nothing is started and nothing is said', async (t) => {
  t.like(await left(t, [], NOTHING), { lines: [], written: [] });
  t.like(await left(t, ['other'], NOTHING), { lines: [], written: [] });
  t.like(await left(t, [], NOTHING, { spoolDir: '/none' }), {
    lines: [],
    written: [],
  });
});

test('without telemetry, and in memory alone, nothing in the spool is of this run', async (t) => {
  t.like(await left(t, ['den-1'], NOTHING, { telemetry: false }), {
    lines: [],
    written: [],
  });
  t.like(await left(t, ['den-1'], NOTHING, { delivery: 'memory' }), {
    lines: [],
    written: [],
  });
});

test('what a collector has just refused waits for the next start, with how much of each kind and where', async (t) => {
  const { lines, spoolDir } = await left(t, ['den-1'], {
    ...NOTHING,
    refused: REFUSED,
  });
  t.is(lines.length, 1);
  t.like(lines[0], { level: 'warn', dir: spoolDir });
  const text = String(lines[0]?.msg);
  t.true(text.includes('4 spans') && text.includes('2 metrics'), text);
  t.false(text.includes('log records'), 'of which none are left');
});

test('a process that the system does not start to send them is a warning with its reason: the stop goes on', async (t) => {
  const { lines, written } = await left(t, ['den-1'], NOTHING, { env: { HUGE: 'x'.repeat(1 << 20) } });
  t.deepEqual(written, []);
  t.is(lines.length, 1);
  t.like(lines[0], { level: 'warn', why: 'spawn E2BIG' });
});

test('a signal goes to the worker of a slot or to all, and the pids say to whom', (t) => {
  const { supervisor, ports } = scripted({ workers: 2 });
  supervisor.start();
  t.deepEqual(supervisor.signal('SIGUSR2'), [1_001, 1_002]);
  t.deepEqual(supervisor.signal('SIGCONT', 1), [1_002]);
  t.deepEqual(supervisor.signal('SIGCONT', 7), []);
  t.deepEqual(
    ports.workers.map(({ signals }) => signals),
    [['SIGUSR2'], ['SIGUSR2', 'SIGCONT']],
  );
});

test('workers open anew what they write themselves, where they write a file', (t) => {
  for (const [accessLog, path] of [
    ['/var/log/access.log', '/var/log/access.log'],
    ['-', undefined],
    [undefined, undefined],
  ] as const) {
    const { supervisor, ports } = scripted({ accessLog });
    supervisor.start();
    ports.worker(1).ready();
    t.is(supervisor.reopenFiles(), path);
    t.is(
      ports.worker(1).sent.some(({ type }) => type === 'reopen-files'),
      path !== undefined,
    );
  }
});

test('to recycle a slot that is not there is refused; one that is there gets its successor first', async (t) => {
  const { supervisor, ports } = scripted();
  supervisor.start();
  ports.worker(1).ready();
  t.like(await supervisor.recycle(3, 'recycle'), {
    ok: false,
    code: 'BAD_REQUEST',
  });
  const forked = forks(ports, 1);
  t.like(await supervisor.recycle(0, 'recycle'), { ok: true });
  await forked;
  t.false(
    ports.worker(1).sent.some(({ type }) => type === 'stop'),
    'it serves until the new one is ready',
  );
  ports.worker(2).ready();
  t.true(ports.worker(1).sent.some(({ type }) => type === 'stop'));
});

test('a worker that does not answer in half a second is missing, and the others are there', async (t) => {
  const { supervisor, ports } = scripted({ workers: 2 });
  supervisor.start();
  for (const worker of ports.workers) worker.ready();
  ports.onSend = (worker, message) => {
    if (message.type === 'metrics' && worker === ports.workers[1])
      worker.say({
        type: 'metrics',
        request: message.request,
        answer: 'a 1\n',
      });
  };
  const asked = supervisor.ask('metrics');
  await new Promise(setImmediate);
  ports.advance(500);
  t.deepEqual([...(await asked).values()], ['a 1\n']);
});

test('once all of the first generation were ready it stays so, and one ready worker is enough for the other', (t) => {
  const { supervisor, ports } = scripted({ workers: 2 });
  supervisor.start();
  t.deepEqual([supervisor.everReady(), supervisor.allReadyOnce()], [false, false]);
  ports.worker(1).ready();
  t.deepEqual([supervisor.everReady(), supervisor.allReadyOnce()], [true, false]);
  ports.worker(2).ready();
  ports.rolls.push(0);
  ports.worker(2).exit(1);
  t.deepEqual([supervisor.everReady(), supervisor.allReadyOnce()], [true, true]);
});
