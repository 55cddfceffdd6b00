import type { PrimaryMessage, WorkerMessage } from '../../src/contract/messages.js';
import type { Delivery } from '../../src/worker/exit/app-signals.js';

/** A worker's host that notes what the worker asks of it, and says what the test says. */
export function noteHost(deliver: () => Delivery = () => ({ settled: Promise.resolve(), endsItself: false })) {
  const sent: WorkerMessage[] = [];
  /** What happened, in its order: messages by their type. */
  const order: string[] = [];
  const waiting: { check(): boolean; done(): void }[] = [];
  let hear: (message: PrimaryMessage) => void = () => undefined;
  let lose: () => void = () => undefined;
  let stop: () => void = () => undefined;
  const note = (what: string) => {
    order.push(what);
    for (const one of waiting) if (one.check()) one.done();
  };
  const host = {
    openChannel: () => ({
      send: (message: WorkerMessage) => {
        sent.push(message);
        note(message.type);
      },
      sent: async () => note('all sent'),
      onMessage: (callback: (message: PrimaryMessage, handle: undefined) => void) => {
        hear = (message) => callback(message, undefined);
      },
      onLost: (callback: () => void) => {
        lose = callback;
      },
    }),
    takeSignals: (onStop: () => void) => {
      stop = onStop;
      return {
        deliver: () => {
          note('app handlers');
          return deliver();
        },
      };
    },
    letGo: () => note('let go'),
    orphaned: () => note('orphaned'),
    watched: () => note('watched'),
  };
  const last = <T extends WorkerMessage['type']>(type: T) =>
    sent.findLast((message): message is Extract<WorkerMessage, { type: T }> => message.type === type);
  const until = (type: WorkerMessage['type']) =>
    new Promise<void>((done) => {
      const check = () => last(type) !== undefined;
      if (check()) done();
      else waiting.push({ check, done });
    });
  return {
    ...{ host, sent, order, note, last, until },
    say: (message: PrimaryMessage) => hear(message),
    lose: () => lose(),
    signal: () => stop(),
  };
}

const { exit } = process;

/** From here on the process does not exit; settles with the code that it would have had. To be called before the worker's code is loaded. */
export function heldExit(): Promise<number> {
  return new Promise((resolve) => {
    Object.assign(process, { exit: (code: number) => resolve(code) });
  });
}

/**
 * The process can exit again, as the runner of the tests wants it to, and hears its messages, which a worker keeps for an app
 * that listens.
 */
export function freeExit(): void {
  process.once('message', () => undefined);
  Object.assign(process, { exit });
}
