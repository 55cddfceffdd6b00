import type { MovedConnection } from '../../contract/messages.js';
import type { Channel } from '../boot/channel.js';
import type { RawHandle } from '../node-internals/http-connection.js';

/** How many connections of this worker may be on their way: enough to keep three processes busy, few descriptors. */
const ON_THEIR_WAY = 128;
/** So many of these places are free before more are sent: to find clean connections is a look at all of them. */
const WORTH_A_LOOK = ON_THEIR_WAY / 2;

/** How long the primary may leave an offer without a verdict before it is asked, in milliseconds. */
const ASK_AFTER = 1_000;

/** What becomes of a connection that was offered. `lost`: the primary is gone, and another worker may have it. */
type Verdict = 'moved' | 'kept' | 'lost';

interface Offered {
  readonly settle: (verdict: Verdict) => void;
  /** The primary has its descriptor: see supervisor/receipts.ts. */
  isHeld: boolean;
}

/** Sends open connections to the primary, which finds each a worker. */
export interface Mover {
  /** How many more may be sent now. */
  free(): number;
  send(handle: RawHandle, connection: MovedConnection, settle: (verdict: Verdict) => void): void;
  /** Calls back when more may be sent. */
  onFree(callback: () => void): void;
  /** The primary has the descriptors of these. */
  held(moves: readonly number[]): void;
  /** The primary says what became of them. */
  settle(moves: readonly number[], verdict: 'moved' | 'kept'): void;
  /** The primary is gone: nothing will be said any more, and nothing can be sent. */
  end(): void;
}

export function createMover(channel: Required<Pick<Channel, 'send' | 'sendHandle'>>): Mover {
  const open = new Map<number, Offered>();
  const waiting: (() => void)[] = [];
  let last = 0;
  let ended = false;
  let watched = false;
  const freed = () => {
    if (open.size > ON_THEIR_WAY - WORTH_A_LOOK && !ended) return;
    for (const callback of waiting.splice(0)) callback();
  };
  const ask = () => channel.send({ type: 'moves-sent', upTo: last });
  /** An offer can be lost without a word, as a pass can: see supervisor/passes.ts. */
  const watch = () => {
    if (watched) return;
    watched = true;
    const look = () => {
      watched = false;
      if (open.size === 0 || ended) return;
      ask();
      watch();
    };
    setTimeout(look, ASK_AFTER).unref();
  };
  return {
    free: () => (ended || open.size > ON_THEIR_WAY - WORTH_A_LOOK ? 0 : ON_THEIR_WAY - open.size),
    send: (handle, connection, settle) => {
      last += 1;
      open.set(last, { settle, isHeld: false });
      channel.sendHandle({ type: 'move', move: last, connection }, handle, ask);
      watch();
    },
    onFree: (callback) => void waiting.push(callback),
    held: (moves) => {
      for (const move of moves) {
        const offered = open.get(move);
        if (offered) offered.isHeld = true;
      }
    },
    settle: (moves, verdict) => {
      for (const move of moves) {
        const offered = open.get(move);
        open.delete(move);
        offered?.settle(verdict);
      }
      freed();
    },
    end: () => {
      ended = true;
      for (const { settle, isHeld } of open.values()) settle(isHeld ? 'lost' : 'kept');
      open.clear();
      freed();
    },
  };
}
