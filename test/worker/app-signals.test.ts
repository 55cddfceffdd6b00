import test from 'ava';
import { signalByMessage, takeSignals } from '../../src/worker/exit/app-signals.js';

// Everything here is of one process: the signals are, too.

const thrown: unknown[] = [];
let stops = 0;
const signals = takeSignals(
  () => stops++,
  (error) => thrown.push(error),
);

/** With these listeners of the app for the time of one test. */
function listen(
  t: { teardown(end: () => void): void },
  event: string,
  ...listeners: ((...args: never[]) => unknown)[]
) {
  for (const listener of listeners) process.on(event, listener as () => void);
  t.teardown(() => {
    for (const listener of listeners) process.off(event, listener as () => void);
  });
}

test.serial('signals are taken without a listener: nothing that the app can ask shows it', (t) => {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR2'] as const) {
    t.is(process.listenerCount(signal), 0, signal);
  }
});

test.serial('SIGTERM stops, and those of the terminal are left to the primary; the app hears neither', (t) => {
  const before = stops;
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT']) listen(t, signal, () => t.fail(signal));
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'] as const) t.true(process.emit(signal));
  t.is(stops, before + 1);
});

test.serial('SIGUSR2 is heard by the app, and ends nothing where the app does not listen', (t) => {
  t.false(process.emit('SIGUSR2'));
  let heard = 0;
  listen(t, 'SIGUSR2', () => heard++);
  process.emit('SIGUSR2');
  t.is(heard, 1);
});

test.serial(
  'at the stop the handlers of SIGTERM run once each, with the signal and its number; one of once goes',
  (t) => {
    const heard: unknown[] = [];
    listen(t, 'SIGTERM', (...args: unknown[]) => void heard.push(args));
    process.once('SIGTERM', () => void heard.push('once'));
    const first = signals.deliver();
    t.deepEqual(heard, [['SIGTERM', 15], 'once']);
    t.true(first.endsItself, 'handlers that return nothing work on by themselves');
    signals.deliver();
    t.deepEqual(heard.slice(2), [['SIGTERM', 15]]);
  },
);

test.serial('an app that listens to SIGINT alone is sent that', (t) => {
  const heard: unknown[] = [];
  listen(t, 'SIGINT', (...args: unknown[]) => void heard.push(args));
  signals.deliver();
  t.deepEqual(heard, [['SIGINT', 2]]);
});

test.serial('an app without a handler has nothing to wait for', async (t) => {
  const { settled, endsItself } = signals.deliver();
  t.false(endsItself);
  await settled;
  t.pass();
});

test.serial(
  'promises of handlers are waited for; one that throws or rejects is said, and keeps no other from running',
  async (t) => {
    thrown.length = 0;
    let end: () => void = () => undefined;
    const ran: string[] = [];
    const slow = () =>
      new Promise<void>((resolve) => {
        end = resolve;
      }).then(() => void ran.push('slow'));
    listen(
      t,
      'SIGTERM',
      () => {
        throw new Error('thrown');
      },
      slow,
      async () => {
        throw new Error('rejected');
      },
      async () => void ran.push('last'),
    );
    const { settled, endsItself } = signals.deliver();
    t.false(endsItself, 'what has thrown works on nothing');
    t.deepEqual(ran, ['last']);
    end();
    await settled;
    t.deepEqual(ran, ['last', 'slow']);
    t.deepEqual(thrown.map(String).sort(), ['Error: rejected', 'Error: thrown']);
  },
);

test.serial('copies of signal-exit never end a process: alone they are no handler that works on', (t) => {
  const key = Symbol.for('signal-exit emitter');
  const emitter: { count: number } = Reflect.get(globalThis, key) ?? { count: 0 }; // the test runner loads one too
  const { count } = emitter;
  t.teardown(() => {
    emitter.count = count;
  });
  Reflect.set(globalThis, key, emitter);
  emitter.count = 1;
  listen(t, 'SIGTERM', () => undefined);
  t.false(signals.deliver().endsItself);
  listen(t, 'SIGTERM', () => undefined);
  t.true(signals.deliver().endsItself);
});

test.serial('by message: listeners that were there before the app are no part of it', async (t) => {
  const errors: unknown[] = [];
  listen(t, 'message', () => t.fail('of a hook'));
  const byMessage = signalByMessage((error) => errors.push(error));
  t.false(byMessage.deliver().endsItself);
  const heard: unknown[] = [];
  listen(
    t,
    'message',
    (message: unknown) => void heard.push(message),
    async () => {
      throw new Error('boom');
    },
  );
  const { settled, endsItself } = byMessage.deliver();
  t.deepEqual(heard, ['shutdown']);
  t.true(endsItself);
  await settled;
  t.is(errors.length, 1);
});
