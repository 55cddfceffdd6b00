import net from 'node:net';
import { ownCalls } from '../node-internals/own-calls.js';
import { standIn } from '../node-internals/stand-in.js';

/** Servers that the drain has closed are still there for the app, which has not closed them: their addresses, and calls of its own. */
interface KeptAddresses {
  /** To be called while it listens, before the drain closes its socket. */
  keep(server: net.Server): void;
  /** It listens anew: it has the address that Node gives. */
  forget(server: net.Server): void;
}

/**
 * What is patched: `net.Server.prototype.address`. Why: a handler that asks for the port, to make a link or to call a server
 * of its own process, would get null, or EBADF, for a request that is in flight when the drain begins, where it knows no
 * server to be closed. Which Node versions: all. Contract: test/process/drain-front.test.ts.
 */
export function keepAddresses(): KeptAddresses {
  const kept = new WeakMap<net.Server, ReturnType<net.Server['address']>>();
  const { address } = net.Server.prototype;
  const calls = ownCalls();
  const ask = (server: net.Server) => Reflect.apply(address, server, []);
  net.Server.prototype.address = standIn(address, (server: net.Server) => kept.get(server) ?? ask(server));
  return {
    keep: (server) => {
      const now = ask(server);
      kept.set(server, now);
      if (now !== null) calls.answer(server, now);
    },
    forget: (server) => {
      kept.delete(server);
      calls.forget(server);
    },
  };
}
