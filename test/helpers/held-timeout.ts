import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type net from 'node:net';
import type { ExecutionContext } from 'ava';
import { until } from './spool.js';

/** A time that no other timer has. */
let next = 86_400_000;

export interface HeldTimeout {
  readonly ms: number;
  /** The time is over as soon as as many bytes have come from this port: so long is the answer that is to have begun by then. */
  passAfter(port: number, bytes: number): Promise<void>;
}

/** A timeout that passes when the test says, and not before a busy machine has got as far as the test is about. */
export function holdTimeout(t: ExecutionContext): HeldTimeout {
  next += 1;
  const ms = next;
  const { setTimeout: original } = globalThis;
  const held: (() => void)[] = [];
  const stand = (run: (...args: unknown[]) => void, delay?: number, ...args: unknown[]) => {
    if (delay === ms) held.push(run);
    return original(run, delay, ...(args as []));
  };
  globalThis.setTimeout = Object.assign(stand, original);
  const sockets: net.Socket[] = [];
  const note = (message: unknown) => void sockets.push((message as { socket: net.Socket }).socket);
  subscribe('net.client.socket', note);
  t.teardown(() => {
    globalThis.setTimeout = original;
    unsubscribe('net.client.socket', note);
  });
  return {
    ms,
    passAfter: async (port, bytes) => {
      await until(() => sockets.some((socket) => socket.remotePort === port && socket.bytesRead >= bytes));
      held.shift()?.();
    },
  };
}
