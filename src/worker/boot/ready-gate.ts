import type { Config } from '../../config/types.js';
import type { ReadySign } from '../../contract/messages.js';
import { standIn } from '../node-internals/stand-in.js';
import { hasServer } from '../servers/has-server.js';
import type { Servers } from '../servers/track-servers.js';

/** Decides when a worker is ready: the app has given its sign, and no postFork hook is still at work. */
export interface ReadyGate {
  /** Holds readiness back until `work` settles. */
  await(work: Promise<unknown>): void;
  /** The hooks have run; what comes next is the app. */
  booted(): void;
  /** The boot has lasted too long. False when it goes on: the app is to come yet, or a server is. */
  portless(): boolean;
}

/**
 * Waits for the app's sign: its first server that listens, `process.send('ready')`, or that it was started at all.
 *
 * @param ready called once, when the sign was given and nothing is awaited any more
 */
export function watchReady(
  how: Config['ready'],
  servers: Pick<Servers, 'onListening'>,
  ready: (by: ReadySign) => void,
): ReadyGate {
  let awaited = 0;
  let signed: ReadySign | undefined;
  let isBooted = false;
  let done = false;
  const check = () => {
    if (done || !signed || awaited > 0) return;
    done = true;
    ready(signed);
  };
  const sign = (by: ReadySign) => {
    signed ??= by;
    check();
  };
  // A server before the app is none of its own: a hook's, or one that came with a message.
  if (how === 'listening' || how === 'auto') servers.onListening(() => isBooted && sign('listening'));
  if (how === 'message') onReadyMessage(() => sign('message'));
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
      if (how === 'started') setImmediate(sign, 'started');
    },
    portless: () => {
      if (how !== 'auto' || !isBooted || signed || awaited > 0 || hasServer()) return false;
      sign('portless');
      return true;
    },
  };
}

/** The app sends `ready` to its primary, as under pm2; seen on its way out. */
function onReadyMessage(sign: () => void): void {
  const send = process.send;
  if (!send) return;
  process.send = standIn(send, (self, args) => {
    if (args[0] === 'ready') sign();
    return Reflect.apply(send, self, args);
  });
}
