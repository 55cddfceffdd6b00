import { standIn } from './node-internals/functions.js';
import type { Servers } from './servers.js';

/** Decides when a worker is ready: the app has given its sign, and no postFork hook is still at work. */
export interface ReadyGate {
  /** Holds readiness back until `work` settles. */
  await(work: Promise<unknown>): void;
  /** The hooks have run; what comes next is the app. */
  booted(): void;
}

/**
 * Waits for the app's sign: its first server that listens, `process.send('ready')`, or that it was started at all.
 *
 * @param ready called once, when the sign was given and nothing is awaited any more
 */
export function watchReady(how: 'listening' | 'message' | 'started', servers: Servers, ready: () => void): ReadyGate {
  let awaited = 0;
  let signed = false;
  let isBooted = false;
  let done = false;
  const check = () => {
    if (done || !signed || awaited > 0) return;
    done = true;
    ready();
  };
  const sign = () => {
    signed = true;
    check();
  };
  // A server before the app is none of its own: a hook's, or one that came with a message.
  if (how === 'listening') servers.onListening(() => isBooted && sign());
  if (how === 'message') onReadyMessage(sign);
  return {
    await: (work) => {
      awaited += 1;
      const settled = () => {
        awaited -= 1;
        check();
      };
      work.then(settled, settled);
    },
    // An immediate runs when a CommonJS app has been loaded: one that throws meanwhile was never ready.
    booted: () => {
      isBooted = true;
      if (how === 'started') setImmediate(sign);
    },
  };
}

/** The app tells its primary, as under pm2; seen on its way out. */
function onReadyMessage(sign: () => void): void {
  const send = process.send;
  if (!send) return;
  process.send = standIn(send as (...args: unknown[]) => boolean, (self, args) => {
    if (args[0] === 'ready') sign();
    return Reflect.apply(send, self, args) as boolean;
  }) as typeof send;
}
