import { EventEmitter } from 'node:events';
import test, { type ExecutionContext } from 'ava';
import type { WorkerBoot } from '../../src/config/boot-messages.js';
import { NO_SPANS } from '../../src/contract/item-account.js';
import type { PrimaryMessage, WorkerMessage } from '../../src/contract/messages.js';
import { askLauncherToReopen, reopenWhenAsked } from '../../src/platforms/pm2/launcher/reopen.js';
import { announceLaunched, BACKGROUND, launchedOf, takeBackground } from '../../src/platforms/pm2/launcher/starting.js';
import type { Pm2Facts } from '../../src/platforms/pm2/preload/pm2-facts.js';
import { pm2Host } from '../../src/platforms/pm2/preload/pm2-host.js';
import { captured } from '../cli/run-here.js';

const BOOT = {
  ...{ slot: 2, logFormat: 'json', logLevel: 'info', ready: 'listening', drainTimeoutMs: 700, flushTimeoutMs: 300 },
} as Pick<WorkerBoot, 'slot' | 'logFormat' | 'logLevel' | 'ready' | 'drainTimeoutMs' | 'flushTimeoutMs'> as WorkerBoot;

/** A worker's channel under pm2, what it has heard, and what pm2's daemon was sent meanwhile. */
function channel(t: ExecutionContext, facts: Partial<Pm2Facts> = {}, boot: Partial<WorkerBoot> = {}) {
  const before = new Set(process.listeners('message'));
  const host = pm2Host({ ...BOOT, ...boot }, { waitReady: false, ...facts } as Pm2Facts);
  const made = host.openChannel();
  const heard: PrimaryMessage[] = [];
  made.onMessage((message) => void heard.push(message));
  t.teardown(() => {
    for (const listener of process.listeners('message')) if (!before.has(listener)) process.off('message', listener);
  });
  const send = (message: WorkerMessage) => sentBy(() => void made.send(message));
  return { host, heard, made, send };
}

/** What this process sends to whoever has started it while that runs. */
function sentBy(act: () => void): unknown[] {
  const sent: unknown[] = [];
  const { send } = process;
  process.send = (message: unknown) => sent.push(message) > 0;
  try {
    act();
  } finally {
    if (send) process.send = send;
  }
  return sent;
}

for (const [what, facts, boot, expected] of [
  ['is told to a pm2 that waits for it', { waitReady: true }, {}, ['ready']],
  ['is not told to one that does not', {}, {}, []],
  ['is left to the app that says it itself', { waitReady: true }, { ready: 'message' }, []],
] as const) {
  test.serial(`that a worker is ready ${what}`, (t) => {
    const { send, heard } = channel(t, facts, boot);
    t.deepEqual(send({ type: 'ready', how: 'listening' }), expected);
    t.deepEqual(heard, [{ type: 'recover', ends: [], running: [] }], 'it looks for leftovers by itself');
  });
}

test.serial('what only a primary of ours would hear is sent to nobody', (t) => {
  const { send, heard } = channel(t, { waitReady: true });
  const messages: WorkerMessage[] = [
    { type: 'booting', build: '1', node: 'v24' },
    { type: 'holds-server' },
    { type: 'notice', about: 'portless', text: 'x' },
    { type: 'stopping', reason: 'signal' },
    { type: 'alive', debugged: false },
    { type: 'recycle-me', cause: 'max-memory', text: 'x' },
    { type: 'metrics', request: 1, answer: '' },
    { type: 'recorded', upTo: 1 },
    { type: 'room', places: {} },
    { type: 'moves-sent', upTo: 1 },
    { type: 'taken', passes: [] },
  ];
  for (const message of messages) t.deepEqual(send(message), [], message.type);
  t.deepEqual(heard, []);
});

for (const [what, spans, level] of [
  ['all delivered', { ...NO_SPANS, ended: 5, exported: 5 }, 'info'],
  ['one dropped', { ...NO_SPANS, ended: 5, exported: 4, dropped: { ...NO_SPANS.dropped, late: 1 } }, 'warn'],
  ['one rejected', { ...NO_SPANS, ended: 5, exported: 4, rejected: 1 }, 'warn'],
  [
    'a log record dropped',
    { ...NO_SPANS, logs: { ...NO_SPANS, dropped: { ...NO_SPANS.dropped, expired: 1 } } },
    'warn',
  ],
] as const) {
  test.serial(`the account of a worker's end is in its own log, at ${level}: ${what}`, async (t) => {
    const { made } = channel(t);
    const { err } = await captured(async () => {
      made.send({ type: 'flushed', instanceId: 'i', spans, ms: 12, requests: 3 });
    });
    t.like(JSON.parse(err), { level, logger: 'kf-cluster:2' });
  });
}

test.serial('a worker without a provider has no account to tell of', async (t) => {
  const { made } = channel(t);
  const { err } = await captured(async () => {
    made.send({ type: 'flushed', instanceId: 'i', ms: 0, requests: 3 });
  });
  t.is(err, '');
});

test.serial("pm2's shutdown message stops the worker within its own times; any other message does nothing", (t) => {
  const { heard } = channel(t);
  for (const other of ['shutdow', { type: 'shutdown' }, 5]) process.emit('message', other, undefined);
  t.deepEqual(heard, []);
  process.emit('message', 'shutdown', undefined);
  t.deepEqual(heard, [{ type: 'stop', reason: 'stop', drainMs: 700, flushMs: 300, move: false }]);
});

for (const [what, listens] of [
  ['an app that hears messages ends itself', true],
  ['one that does not is ended', false],
] as const) {
  test.serial(`after the shutdown message ${what}`, async (t) => {
    const { host } = channel(t);
    const signals = host.takeSignals(
      () => undefined,
      () => undefined,
    );
    if (listens) process.on('message', () => undefined); // taken away with the rest
    process.emit('message', 'shutdown', undefined);
    const delivery = signals.deliver();
    await delivery.settled;
    t.is(delivery.endsItself, listens);
  });
}

test.serial('a supervisor asks its launcher to open files anew, and hears their names', async (t) => {
  const asked = askFor({ 'kf-cluster:reopened': '/a, /b' });
  t.deepEqual(asked.sent, ['kf-cluster:reopen']);
  t.is(await asked.answer, '/a, /b');
  t.is(await askFor({ 'kf-cluster:reopened': '' }).answer, undefined, 'it has none');
});

/** Asks, passes some messages that are no answer, and then that one. */
function askFor(answer: object) {
  let asked: Promise<string | undefined> = Promise.resolve('not asked');
  const sent = sentBy(() => {
    asked = askLauncherToReopen();
  });
  for (const message of ['kf-cluster:reopened', {}, answer]) process.emit('message', message, undefined);
  return { sent, answer: asked };
}

test.serial('a launcher that is gone answers nothing, and no listener is left', async (t) => {
  const counts = () => [process.listenerCount('message'), process.listenerCount('disconnect')];
  const before = counts();
  let asked: Promise<string | undefined> = Promise.resolve('not asked');
  const { connected } = process;
  sentBy(() => {
    Object.defineProperty(process, 'connected', { value: false, configurable: true });
    asked = askLauncherToReopen();
    Object.defineProperty(process, 'connected', { value: connected, configurable: true });
  });
  t.is(await asked, undefined);
  t.deepEqual(counts(), before);
});

test('a launcher opens files anew when it is asked, and only then; one whose supervisor has ended sends nothing', (t) => {
  const sent: unknown[] = [];
  const supervisor = Object.assign(new EventEmitter(), {
    connected: true,
    send: (message: unknown) => sent.push(message),
  });
  let opened = 0;
  reopenWhenAsked(supervisor as never, () => {
    opened += 1;
    return opened === 1 ? '/log' : undefined;
  });
  supervisor.emit('message', 'ready');
  t.is(opened, 0);
  supervisor.emit('message', 'kf-cluster:reopen');
  supervisor.emit('message', 'kf-cluster:reopen');
  supervisor.connected = false;
  supervisor.emit('message', 'kf-cluster:reopen');
  t.is(opened, 3);
  t.deepEqual(sent, [{ 'kf-cluster:reopened': '/log' }, { 'kf-cluster:reopened': '' }]);
});

test.serial('only a launcher in the background reports its apps, and what it starts is none', (t) => {
  const apps = [
    { name: 'web', pid: 7 },
    { name: 'job', code: 0 },
  ];
  t.deepEqual(
    sentBy(() => announceLaunched(apps)),
    [],
  );
  Object.assign(process.env, BACKGROUND);
  t.true(takeBackground());
  for (const name of Object.keys(BACKGROUND)) t.is(process.env[name], undefined, 'whatever it starts does not see it');
  t.true(takeBackground(), 'it stays what it is');
  const [message] = sentBy(() => announceLaunched(apps));
  t.deepEqual(launchedOf(message), apps);
  for (const other of ['ready', null, {}, { 'kf-cluster-launched': 5 }]) t.is(launchedOf(other), undefined);
});
