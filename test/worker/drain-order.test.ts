import { mock } from 'node:test';
import test, { type ExecutionContext } from 'ava';
import type { ConnectionReport } from '../../src/contract/connection-report.js';
import { createWorkerContext } from '../../src/worker/boot/worker-context.js';
import type { Delivery } from '../../src/worker/exit/app-signals.js';
import { drain, HTTP_SHARE } from '../../src/worker/exit/drain.js';
import type { ExitParts } from '../../src/worker/exit/exit.js';
import type { HttpLeft } from '../../src/worker/servers/http-left.js';
import { trackServers } from '../../src/worker/servers/track-servers.js';
import { gate } from '../helpers/spool.js';
import { keptLog } from '../supervisor/kept-log.js';
import { workerBoot } from './worker-boot.js';

const TIME = 20_000;
const NONE: HttpLeft = { idle: 0, requests: 0, longLived: 0 };
const REPORT: ConnectionReport = { moved: 2, drained: { tls: 1 } };

mock.timers.enable({ apis: ['setTimeout'] });

interface Setting extends Partial<Pick<ExitParts, 'appSignal' | 'hooks'>> {
  readonly delivery?: Delivery;
}

/** A drain that has begun, over servers whose connections end when the test says so. */
function draining(change: Setting = {}) {
  const { delivery = { settled: Promise.resolve(), endsItself: false }, ...parts } = change;
  const { log, lines } = keptLog();
  const boot = workerBoot({ slot: 3 });
  const order: string[] = [];
  const [over, closed, cut, exitCalled] = [gate(), gate(), gate(), gate()];
  const open = { left: NONE, lateMs: Number.NaN };
  const http = {
    closed: closed.opened,
    over: (lateMs: number) => {
      open.lateMs = lateMs;
      return over.opened;
    },
    left: () => open.left,
    report: () => REPORT,
  };
  const exitParts: ExitParts = {
    worker: { ...createWorkerContext(boot).worker, log },
    servers: { ...trackServers(boot), drain: () => http, destroy: async () => void order.push('destroyed') },
    appSignals: {
      deliver: () => {
        order.push('app');
        return delivery;
      },
    },
    ...{ hooks: () => [], flushSource: 'telemetry', mover: undefined, appSignal: 'after-drain', idleMs: 5_000 },
    onStopping: () => undefined,
    onDrained: (report) => order.push(report === REPORT ? 'reported' : 'another report'),
    onFlushed: async () => undefined,
    ...parts,
  };
  const context = { reason: 'stop', deadline: performance.now() + TIME } as const;
  const bounds = { cut: cut.opened, force: () => undefined };
  void drain(exitParts, context, bounds, { exitCalled: exitCalled.opened, mover: undefined, idleMs: 5_000 });
  return { open, order, over, closed, cut, exitCalled, lines };
}

/** What has settled has been acted on. */
const settle = () => new Promise((resolve) => setImmediate(resolve));
async function pass(ms: number): Promise<void> {
  mock.timers.tick(ms);
  await settle();
}
const ENDED = ['destroyed', 'reported'];

/** Ends a drain whatever it waits for: its timers are the next test's too. */
async function endAtOnce(t: ExecutionContext, { cut, order }: ReturnType<typeof draining>): Promise<void> {
  cut.open();
  await settle();
  t.deepEqual(order.slice(-2), ENDED);
}

test.serial(
  'what it waits for is said after a second, and then every five, with how much of each there is now',
  async (t) => {
    const run = draining();
    run.open.left = { idle: 1, requests: 2, longLived: 0 };
    await pass(999);
    t.deepEqual(run.lines(), []);
    await pass(1);
    t.is(run.lines().length, 1);
    t.like(run.lines()[0], { event: 'worker-waits', level: 'info', ...run.open.left });
    run.open.left = { idle: 0, requests: 0, longLived: 1 };
    await pass(4_999);
    t.is(run.lines().length, 1);
    await pass(1);
    t.like(run.lines()[1], { event: 'worker-waits', ...run.open.left });
    const [first, second] = run.lines().map(({ msg }) => String(msg));
    t.true(first?.includes('1 idle connection, 2 requests') && !first.includes('long-lived'), first);
    t.true(second?.endsWith('1 long-lived connection'), second);
    await endAtOnce(t, run);
  },
);

test.serial(
  'a drain that waits for the app alone says nothing of connections, and says them when some are left again',
  async (t) => {
    const run = draining();
    await pass(6_000);
    t.deepEqual(run.lines(), []);
    run.open.left = { ...NONE, requests: 1 };
    await pass(5_000);
    t.is(run.lines().length, 1);
    await endAtOnce(t, run);
    await pass(10_000);
    t.is(run.lines().length, 1, 'nothing is said behind the end');
  },
);

test.serial(
  "the app's handlers run when HTTP is over; the drain ends when they and all connections have",
  async (t) => {
    const handlers = gate();
    const run = draining({ delivery: { settled: handlers.opened, endsItself: false } });
    await pass(3_000);
    t.deepEqual(run.order, []);
    run.over.open();
    await settle();
    t.deepEqual(run.order, ['app']);
    run.closed.open();
    await settle();
    t.deepEqual(run.order, ['app'], 'a handler still works');
    handlers.open();
    await settle();
    t.deepEqual(run.order, ['app', ...ENDED]);
  },
);

test.serial(
  'HTTP that does not end leaves the rest of the time to the handlers, and the deadline ends it all',
  async (t) => {
    const run = draining();
    t.true(run.open.lateMs > 0 && run.open.lateMs <= TIME / 4, 'until then a response that goes on is one that ends');
    await pass(TIME * HTTP_SHARE - 100);
    t.deepEqual(run.order, []);
    await pass(100);
    t.deepEqual(run.order, ['app']);
    await pass(TIME / 4 - 100);
    t.deepEqual(run.order, ['app'], 'its connections are still open');
    await pass(100);
    t.deepEqual(run.order, ['app', ...ENDED]);
  },
);

test.serial('handlers that are to run at once wait for no request', async (t) => {
  const run = draining({ appSignal: 'at-once' });
  await settle();
  t.deepEqual(run.order, ['app']);
  await endAtOnce(t, run);
});

test.serial(
  'an app that calls process.exit waits for requests, and not for connections that only their clients end',
  async (t) => {
    const run = draining({ appSignal: 'at-once' });
    run.exitCalled.open();
    await settle();
    t.deepEqual(run.order, ['app'], 'requests are in flight');
    run.over.open();
    await settle();
    t.deepEqual(run.order, ['app', ...ENDED]);
  },
);

test.serial('an onDraining hook is waited for, whatever the app and the connections do', async (t) => {
  const hook = gate();
  const hooks = [{ source: 'hooks.js', hooks: { onDraining: () => hook.opened } }];
  const run = draining({ hooks: () => hooks });
  run.over.open();
  run.closed.open();
  run.exitCalled.open();
  await settle();
  t.deepEqual(run.order, ['app']);
  hook.open();
  await settle();
  t.deepEqual(run.order, ['app', ...ENDED]);
});

test.serial('a later order without time ends the drain where it is: no handler of the app begins', async (t) => {
  const run = draining();
  run.open.left = { ...NONE, requests: 1 };
  await pass(500);
  await endAtOnce(t, run);
  await pass(TIME);
  t.deepEqual(run.lines(), []);
});
