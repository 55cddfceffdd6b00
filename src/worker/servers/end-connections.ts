import type http from 'node:http';
import type { ServerResponse } from 'node:http';
import type net from 'node:net';
import { isUpgraded } from '../node-internals/http-connection.js';
import { endWithNewest, isIdle, isTooLate, newestOn, noteLast } from './last-response.js';

/** How long a client may take to begin where the server has no keepAliveTimeout of its own: Node's default for it. */
const FRESH_LIMIT = 5_000;

/** What kinds of servers have that a plain one has not. */
export type AnyServer = net.Server &
  Partial<Pick<http.Server, 'keepAliveTimeout' | 'headersTimeout' | 'closeIdleConnections'>>;

/** Lets each connection end with its next response, or when it has been idle for too long. */
interface Ending {
  end(socket: net.Socket): void;
  /** A request has begun on a connection that is to end. */
  onRequest(socket: net.Socket, response: ServerResponse): void;
  /** From now on an idle connection waits no longer than that, in milliseconds. `end` is to be called again for those that wait. */
  hasten(idleMs: number): void;
}

export function createEnding(server: AnyServer, idleMs: number): Ending {
  boundIdle(server);
  if ('keepAliveTimeout' in server) answerAfterReading(server);
  let atMost = idleMs;
  const bound = (socket: net.Socket) => {
    const newest = newestOn(socket);
    if (!newest || socket.destroyed || isUpgraded(socket)) return;
    if (!isIdle(socket)) return void newest.once('close', () => bound(socket));
    const limit = Math.min(atMost, server.keepAliveTimeout || atMost);
    endUnless(socket, limit, (one) => newestOn(one) !== newest || isUpgraded(one));
  };
  return {
    end: (socket) => {
      endWithNewest(socket);
      const limit = freshLimit(server);
      if (limit > 0) endUnless(socket, Math.min(limit, atMost), (one) => one.bytesRead > 0);
      bound(socket);
    },
    onRequest: noteLast,
    hasten: (limit) => {
      atMost = Math.min(atMost, limit);
    },
  };
}

/** In milliseconds; 0 where silence means nothing, because the server may be the one who speaks first. */
function freshLimit(server: AnyServer): number {
  if (typeof server.keepAliveTimeout === 'number') return server.keepAliveTimeout;
  return 'setSecureContext' in server ? FRESH_LIMIT : 0;
}

/**
 * On Node 20 an http2 server with `allowHTTP1` has no keepAliveTimeout: its idle HTTP/1 connections would stay for ever.
 * Those that are idle already do not know of this one.
 */
function boundIdle(server: AnyServer): void {
  if (!('keepAliveTimeout' in server) && 'headersTimeout' in server) server.keepAliveTimeout = FRESH_LIMIT;
}

/** A connection on which nothing was ever sent (browsers open such in advance) is idle like any other. */
function endUnless(socket: net.Socket, limit: number, isUsed: (socket: net.Socket) => boolean): void {
  if (isUsed(socket)) return;
  setTimeout(() => {
    // Once around the loop: a request that is here already is read before its connection is called unused.
    setImmediate(() => {
      if (!isUsed(socket)) socket.destroySoon();
    });
  }, limit).unref();
}

/**
 * Requests are handed to the app when the whole chunk they came in is read: of several pipelined ones only the last may
 * be answered with `Connection: close`, and an app that answers at once would answer the first before the others show.
 */
function answerAfterReading(server: AnyServer): void {
  const { emit } = server;
  const requests = new Set<unknown>(['request', 'checkContinue', 'checkExpectation']);
  server.emit = function (this: AnyServer, ...args: unknown[]): boolean {
    if (!requests.has(args[0])) return Reflect.apply(emit, this, args);
    if (!isTooLate(args[2])) process.nextTick(() => Reflect.apply(emit, this, args));
    return true;
  };
}
