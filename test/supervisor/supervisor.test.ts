import test from 'ava';
import { planHeap } from '../../src/config/heap.js';
import { NO_SPANS } from '../../src/contract/item-account.js';
import type { Flushed } from '../../src/contract/messages.js';
import { CONFIG, scripted } from './scripted-ports.js';

const FLUSHED: Flushed = {
  type: 'flushed',
  instanceId: 'x',
  spans: { ...NO_SPANS, ended: 3, exported: 3 },
  ms: 4,
  requests: 1,
};

test('forks, gets ready, stops: each worker has its environment, its order to stop, and is reaped before the exit', (t) => {
  const { supervisor, ports, exits } = scripted({ workers: 2, env: { A: '1' } });
  supervisor.start();
  t.is(ports.workers.length, 2);
  t.like(ports.worker(2).spec.env, { A: '1', KF_WORKER_SLOT: '1', KF_WORKER_GENERATION: '1', NODE_APP_INSTANCE: '1' });
  for (const worker of ports.workers) worker.ready();
  supervisor.stop({ signal: 'SIGTERM' });
  t.deepEqual(ports.worker(1).sent, [{ type: 'stop', reason: 'stop', drainMs: 25_000, flushMs: 5_000, move: false }]);
  ports.worker(1).exit(0);
  t.deepEqual(exits, []);
  ports.worker(2).exit(0);
  t.deepEqual(exits, [0]);
  t.deepEqual(ports.clock.armed, []);
});

test('what an effect causes is decided after the effect, not inside it', (t) => {
  const { supervisor, ports } = scripted({ workers: 2 });
  const phases: string[][] = [];
  // A worker that dies within its own fork: its exit comes while the second fork of the same decision is still to do.
  ports.onFork = (worker) => {
    if (ports.workers.length === 0) worker.exit(1);
  };
  supervisor.on('notification', (notification) =>
    phases.push([notification.type, String('slot' in notification ? notification.slot : '')]),
  );
  supervisor.start();
  t.deepEqual(phases, [
    ['worker-starting', '0'],
    ['worker-starting', '1'],
    ['worker-exit', '0'],
    ['worker-starting', '0'],
  ]);
  t.is(ports.workers.length, 3);
});

test('a listener may call back: its request waits for its turn', async (t) => {
  const { supervisor, ports } = scripted({ workers: 1 });
  const answers: Promise<unknown>[] = [];
  supervisor.on('notification', (notification) => {
    if (notification.type === 'all-ready') answers.push(supervisor.scale(2), supervisor.scale(3));
  });
  supervisor.start();
  ports.worker(1).ready();
  t.deepEqual(await Promise.all(answers), [{ ok: true }, { ok: true }]);
  t.is(ports.workers.length, 3);
});

test('a listener that throws is logged, and the rest of the decision is done', (t) => {
  const { supervisor, ports, lines } = scripted({ workers: 2 });
  supervisor.on('notification', () => {
    throw new Error('not my day');
  });
  supervisor.start();
  t.is(ports.workers.length, 2);
  t.true(lines.some((line) => line.includes('a listener of the supervisor failed') && line.includes('not my day')));
});

test('two reloads at once: the one that runs has its own configuration', async (t) => {
  const { supervisor, ports } = scripted();
  supervisor.start();
  const answers: Promise<unknown>[] = [];
  supervisor.once('notification', () => {
    answers.push(supervisor.reload({ ...CONFIG, script: '/first.js' }));
    answers.push(supervisor.reload({ ...CONFIG, script: '/second.js' }));
  });
  ports.worker(1).ready();
  t.is(ports.worker(2).spec.script, '/first.js');
  t.like(await answers[1], { ok: false, code: 'BUSY' });
  ports.worker(2).ready();
  ports.advance(500);
  ports.worker(2).say({ type: 'alive', debugged: false });
  t.is(supervisor.status().script, '/app.js');
  ports.worker(1).exit(0);
  t.deepEqual(await answers[0], { ok: true });
  t.is(supervisor.status().script, '/first.js');
  ports.worker(2).exit(1);
  t.is(ports.worker(3).spec.script, '/first.js');
});

test('a canary that lives but does not answer is told as hung; only its answer lets an old worker go', async (t) => {
  const { supervisor, ports } = scripted();
  supervisor.start();
  ports.worker(1).ready();
  const first = supervisor.reload({ ...CONFIG, script: '/blocked.js', bootTimeoutMs: 3_000 });
  ports.worker(2).ready();
  ports.advance(500);
  t.deepEqual(ports.worker(2).sent.at(-1), { type: 'ask-alive' });
  const stops = () => ports.worker(1).sent.filter(({ type }) => type === 'stop');
  t.deepEqual(stops(), []);
  ports.advance(3_000);
  t.deepEqual(ports.worker(2).signals, ['SIGKILL']);
  ports.worker(2).exit(null, 'SIGKILL');
  t.like(await first, { ok: false, code: 'RELOAD_FAILED' });
  t.deepEqual(stops(), []);
  const second = supervisor.reload({ ...CONFIG, script: '/well.js' });
  ports.worker(3).ready();
  ports.advance(500);
  ports.worker(3).say({ type: 'alive', debugged: false });
  t.like(stops()[0], { type: 'stop', reason: 'reload' });
  ports.worker(1).exit(0);
  t.deepEqual(await second, { ok: true });
});

test('after a reload that failed, the old configuration is the one that is forked', async (t) => {
  const { supervisor, ports } = scripted();
  supervisor.start();
  ports.worker(1).ready();
  const answer = supervisor.reload({ ...CONFIG, script: '/broken.js' });
  ports.worker(2).exit(1);
  t.like(await answer, { ok: false, code: 'RELOAD_FAILED' });
  ports.worker(1).exit(1);
  t.is(ports.worker(3).spec.script, '/app.js');
  t.is(supervisor.status().script, '/app.js');
});

test('a fork that the system refuses is a failed boot like any other, with its error shown once', async (t) => {
  const { supervisor, ports, written } = scripted({ workers: 2 });
  const exited = new Promise((resolve) => supervisor.once('exit', resolve));
  ports.rolls.push(...Array.from({ length: 50 }, () => 0));
  ports.onFork = () => raise('EAGAIN');
  supervisor.start();
  t.is(await exited, 70);
  t.is(written.join('').match(/EAGAIN/g)?.length, written.join('').match(/error INTERNAL/g)?.length);
  t.is(written.join('').match(/error INTERNAL/g)?.length, 1);
  t.false(supervisor.everReady());
});

test('what a dead worker still says: late news change nothing, its flush is told with its slot', (t) => {
  const { supervisor, ports, lines } = scripted({ workers: 2 });
  const reports: number[][] = [];
  supervisor.on('flushed', ({ slot, pid }) => reports.push([slot, pid]));
  supervisor.start();
  const worker = ports.worker(2);
  worker.ready();
  worker.exit(1);
  worker.exit(1);
  worker.ready();
  worker.say({ type: 'stopping', reason: 'signal' });
  worker.say(FLUSHED);
  t.is(ports.workers.length, 3);
  t.deepEqual(reports, [[1, 1_002]]);
  t.true(lines.some((line) => line.includes('worker 1 flushed 3 spans')));
  t.is(lines.filter((line) => line.includes('worker 1 exited')).length, 1);
});

test('the log line of an exit has the pid, also when the exit came while something else was being done', (t) => {
  const { supervisor, ports, lines } = scripted({ workers: 1 });
  supervisor.start();
  supervisor.on('notification', (notification) => {
    if (notification.type === 'worker-ready') ports.worker(1).exit(1);
  });
  ports.worker(1).ready();
  t.true(lines.some((line) => line.includes('worker 0 exited') && line.includes('pid=1001')));
});

test('timers: the boot timeout kills, the backoff forks, a second arm moves the first', (t) => {
  const { supervisor, ports } = scripted();
  supervisor.start();
  ports.advance(29_999);
  t.deepEqual(ports.worker(1).signals, []);
  ports.advance(1);
  t.deepEqual(ports.worker(1).signals, ['SIGKILL']);
  ports.worker(1).exit(null, 'SIGKILL');
  ports.rolls.push(0.5);
  ports.worker(2).exit(1);
  t.is(ports.workers.length, 2);
  ports.advance(50);
  t.is(ports.workers.length, 3);
  ports.worker(3).ready();
  supervisor.stop();
  supervisor.stop();
  t.is(ports.clock.armed.length, 1);
  ports.advance(4_000);
  t.deepEqual(ports.worker(3).signals, ['SIGKILL']);
});

test('every request is answered, those after the end too', async (t) => {
  const { supervisor, ports } = scripted();
  supervisor.start();
  ports.worker(1).ready();
  const reload = supervisor.reload(CONFIG);
  const stop = supervisor.stopAndWait();
  ports.worker(1).exit(0);
  ports.worker(2).exit(0);
  t.like(await reload, { ok: false, code: 'STOPPING' });
  t.deepEqual(await stop, { ok: true });
  t.deepEqual(await supervisor.stopAndWait(), { ok: true });
  t.like(await supervisor.scale(3), { ok: false, code: 'STOPPING' });
});

test('four workers that fail with one error show it once, whoever of them is reaped first', (t) => {
  const { supervisor, ports, written, exits } = scripted({ workers: 4 });
  ports.rolls.push(...Array.from({ length: 50 }, () => 0));
  supervisor.start();
  for (const worker of ports.workers) worker.stderr(`Error: no database (pid ${ports.workers.indexOf(worker)})\n`);
  for (const nth of [3, 2, 1, 4]) ports.worker(nth).exit(1);
  for (const nth of [5, 6]) {
    ports.worker(nth).stderr('Error: no database (pid 77)\n');
    ports.worker(nth).exit(1);
  }
  t.deepEqual(exits, [70]);
  t.deepEqual(written, ['Error: no database (pid 0)\n']);
  t.is(supervisor.failedStderr(), 'Error: no database (pid 77)');
});

function raise(text: string): never {
  throw new Error(text);
}

test('a worker that nothing can be said to is replaced when its exit does not follow, and stopped by a signal', (t) => {
  const { supervisor, ports, lines } = scripted({ workers: 2 });
  supervisor.start();
  for (const worker of ports.workers) worker.ready();
  const [dying, living] = ports.workers;
  dying?.lose('channel');
  dying?.exit(1);
  living?.lose('channel');
  t.is(ports.workers.length, 3, 'the one that has ended');
  ports.worker(3).ready();
  ports.advance(250);
  t.is(ports.workers.length, 4);
  ports.worker(4).exit(1);
  t.deepEqual(living?.signals, []);
  ports.advance(5_000);
  ports.worker(5).ready();
  t.deepEqual(living?.signals, ['SIGTERM']);
  t.false(living?.sent.some(({ type }) => type === 'stop'));
  living?.exit(0);
  ports.advance(10_000);
  t.is(ports.workers.length, 5);
  t.is(lines.filter((line) => line.includes('the channel to worker 1 is broken')).length, 1);
});

test('an effect that throws keeps nothing else from being done: it is told, counted, and the cluster stops', (t) => {
  const { supervisor, ports, lines, exits } = scripted({ workers: 2 });
  supervisor.start();
  const [one, other] = ports.workers;
  for (const worker of ports.workers) worker.ready();
  one!.sent.push = () => {
    throw new Error('out of order');
  };
  supervisor.stop();
  t.is(other?.sent.length, 1);
  t.true(lines.some((line) => /error that nobody handles \(retire\).*out of order/s.test(line)));
  t.is(supervisor.faults().survived, 1);
  other?.exit(0);
  one?.exit(0);
  t.deepEqual(exits, [0]);
});

test('a worker gets its share of the memory for as many as there are to be', async (t) => {
  const MB = 1_048_576;
  const limit = { bytes: 512 * MB, file: '/sys/fs/cgroup/memory.max' };
  const heap = planHeap({ wanted: 'auto', limit, workers: 1, surge: 1, nodeArgs: [] });
  const { supervisor, ports, lines } = scripted({ workers: 1, heap, memoryLimit: limit });
  supervisor.start();
  ports.worker(1).ready();
  await supervisor.scale(3);
  const sizes = ports.workers.map(({ spec }) => Number(/size=(\d+)/.exec(spec.nodeArgs[0] ?? '')?.[1]));
  t.deepEqual(sizes, [206, 103, 103]);
  t.is(lines.filter((line) => line.includes('heap=103MB: auto')).length, 1);
});

test('a worker of which nothing can be read any more is replaced, and told to stop like any other', (t) => {
  const { supervisor, ports, lines } = scripted({ workers: 1 });
  supervisor.start();
  ports.worker(1).ready();
  ports.worker(1).lose('output');
  ports.worker(1).lose('output');
  ports.advance(250);
  ports.worker(2).ready();
  t.true(ports.worker(1).sent.some(({ type }) => type === 'stop'));
  t.is(lines.filter((line) => line.includes('the output of worker 0 is broken')).length, 1);
});
