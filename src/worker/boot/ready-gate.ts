import type { Config } from '../../config/types.js';
import type { ReadySign } from '../../contract/messages.js';
import { standIn } from '../node-internals/stand-in.js';
import { hasServer } from '../servers/has-server.js';
import type { Servers } from '../servers/track-servers.js';

/**
 * How long an app without a server runs until it is taken as started under `--ready settled`, in milliseconds: what pm2 waits
 * for an app to listen, by default, before it takes it for ready.
 */
const SETTLED_MS = 3_000;

/** Decides when a worker is ready: the app has given its sign, and no postFork hook is still at work. */
export interface ReadyGate {
  /** Holds readiness back until `work` settles. */
  await(work: Promise<unknown>): void;
  /** The hooks have run; what comes next is the app. */
  booted(): void;
  /** It has not listened for too long. False when the boot goes on: the app is to come yet, or a server is. */
  portless(): boolean;
}

interface ReadyCalls {
  /** Called once, when the sign was given and nothing is awaited any more. */
  ready(by: ReadySign): void;
  /** Called once at most, under `--ready settled`: the app has run for a while without a sign, and nothing is awaited. */
  settled(): void;
}

/**
 * Waits for the app's sign: its first server that listens, `process.send('ready')`, or that it was started at all.
 */
export function watchReady(
  how: Config['ready'],
  servers: Pick<Servers, 'onListening'>,
  { ready, settled }: ReadyCalls,
): ReadyGate {
  let awaited = 0;
  let signed: ReadySign | undefined;
  let isBooted = false;
  let isSettled = false;
  let done = false;
  const check = () => {
    if (done || awaited > 0) return;
    if (signed) {
      done = true;
      ready(signed);
    } else if (isSettled) {
      isSettled = false;
      settled();
    }
  };
  const sign = (by: ReadySign) => {
    signed ??= by;
    check();
  };
  const settle = () => {
    isSettled = true;
    check();
  };
  // A server before the app is none of its own: a hook's, or one that came with a message.
  if (how === 'listening' || takesPortless(how)) servers.onListening(() => isBooted && sign('listening'));
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
      if (how === 'settled') setImmediate(whenSettled, settle);
    },
    portless: () => {
      if (!takesPortless(how) || !isBooted || signed || awaited > 0 || hasServer()) return false;
      sign('portless');
      return true;
    },
  };
}

/** Whether a worker may be ready that holds no server. */
function takesPortless(how: Config['ready']): boolean {
  return how === 'auto' || how === 'settled';
}

/** A job that ends before is not held back by it. */
function whenSettled(settle: () => void): void {
  setTimeout(settle, SETTLED_MS).unref();
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
