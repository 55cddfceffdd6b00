import type { Servers } from './servers.js';

/** Decides when a worker is ready: the app has given its sign, and no postFork hook is still at work. */
export interface ReadyGate {
  /** Holds readiness back until `work` settles. */
  await(work: Promise<unknown>): void;
}

/**
 * Waits for the app's sign: its first server that listens, or `process.send('ready')`.
 *
 * @param ready called once, when the sign was given and nothing is awaited any more
 */
export function watchReady(how: 'listening' | 'message', servers: Servers, ready: () => void): ReadyGate {
  let awaited = 0;
  let signed = false;
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
  if (how === 'listening') servers.onListening(sign);
  else onReadyMessage(sign);
  return {
    await: (work) => {
      awaited += 1;
      const settled = () => {
        awaited -= 1;
        check();
      };
      work.then(settled, settled);
    },
  };
}

/** The app tells its primary, as under pm2; seen on its way out. */
function onReadyMessage(sign: () => void): void {
  const send = process.send;
  if (!send) return;
  process.send = function (this: NodeJS.Process, message: unknown, ...rest: unknown[]) {
    if (message === 'ready') sign();
    return Reflect.apply(send, this, [message, ...rest]) as boolean;
  } as typeof send;
}
