import test from 'ava';
import { type NamedHooks, runHooks } from '../../hooks/runner.js';
import type { Worker, WorkerHooks } from '../../hooks/types.js';
import { createLog } from '../../src/contract/log.js';
import { createWorkerContext } from '../../src/worker/boot/worker-context.js';
import { workerBoot } from '../worker/worker-boot.js';

/** A worker whose log is kept. */
function kept() {
  const lines: string[] = [];
  const log = createLog({ format: 'json', level: 'debug', label: 'test', sink: (line) => lines.push(line) });
  const worker: Worker = { ...createWorkerContext(workerBoot()).worker, log };
  return { worker, errors: () => lines.map((line) => JSON.parse(line).msg ?? JSON.parse(line).message) };
}

const named = (...all: WorkerHooks[]): NamedHooks[] => all.map((hooks, i) => ({ source: `h${i}`, hooks }));
const boom = () => {
  throw new Error('boom');
};

test('postFork runs in order, each behind the one before, and the first that throws ends the boot with its name', async (t) => {
  const ran: string[] = [];
  const slow = async () => {
    await new Promise(setImmediate);
    ran.push('slow');
  };
  const hooks = named(
    { postFork: slow },
    {},
    { postFork: () => void ran.push('next') },
    { postFork: boom },
    { postFork: slow },
  );
  const error = await t.throwsAsync(runHooks.postFork(hooks, kept().worker), { message: 'postFork of h3 failed' });
  t.like(error, { code: 'HOOK_FAILED' });
  t.deepEqual(ran, ['slow', 'next']);
});

for (const name of ['onWorkerReady', 'onDraining', 'onRecover', 'onLifecycle'] as const) {
  test(`${name}: one that throws, or rejects, is logged, and the others still run`, async (t) => {
    const { worker, errors } = kept();
    const ran: string[] = [];
    const hooks = named({ [name]: boom }, { [name]: async () => boom() }, { [name]: () => void ran.push('last') });
    await Reflect.apply(runHooks[name], runHooks, [hooks, worker, {}]);
    t.deepEqual(ran, ['last']);
    t.deepEqual(errors(), [`${name} of h0 failed`, `${name} of h1 failed`]);
  });
}

test('onDraining runs all at once: one that never ends keeps no other from beginning', (t) => {
  const ran: string[] = [];
  const hooks = named(
    { onDraining: () => new Promise(() => undefined) },
    { onDraining: () => void ran.push('second') },
  );
  void runHooks.onDraining(hooks, kept().worker, { reason: 'stop', deadline: 0 });
  t.deepEqual(ran, ['second']);
});

test('preShutdown runs the last registered first, and asks for each deadline when its turn has come', async (t) => {
  const order: string[] = [];
  const hooks = named(
    { preShutdown: () => void order.push('run h0') },
    {},
    { preShutdown: () => new Promise<void>((resolve) => setImmediate(resolve)).then(() => void order.push('run h2')) },
  );
  await runHooks.preShutdown(hooks, kept().worker, (source) => {
    order.push(`ask ${source}`);
    return { reason: 'stop', deadline: performance.now() + 1_000 };
  });
  t.deepEqual(order, ['ask h2', 'run h2', 'ask h0', 'run h0']);
});

test('a preShutdown that never ends is late after its deadline, and those behind it run', async (t) => {
  const { worker, errors } = kept();
  const ran: string[] = [];
  const hooks = named(
    { preShutdown: () => void ran.push('flush') },
    { preShutdown: () => new Promise(() => undefined) },
  );
  await runHooks.preShutdown(hooks, worker, () => ({ reason: 'stop', deadline: performance.now() - 400 }));
  t.deepEqual(ran, ['flush']);
  t.deepEqual(errors(), ['preShutdown of h1 failed']);
});

test('the longest deadline that an option can give is no deadline that has passed', async (t) => {
  const { worker, errors } = kept();
  const hooks = named({ preShutdown: () => new Promise((resolve) => setTimeout(resolve, 30)) });
  await runHooks.preShutdown(hooks, worker, () => ({ reason: 'stop', deadline: performance.now() + 2 ** 31 - 1 }));
  t.deepEqual(errors(), []);
});
