import { ServerResponse } from 'node:http';
import type net from 'node:net';

/** Called when an answer of HTTP/1 has been written as a whole, with the connection that it went over. */
type ResponseEnd = (response: ServerResponse, socket: net.Socket) => void;

// By name: a process may hold more than one copy of this file.
const CALLBACKS = Symbol.for('kf-cluster.response-ends');
type Patched = ServerResponse & { [CALLBACKS]?: ResponseEnd[] };

/**
 * What is patched: `ServerResponse.prototype.detachSocket`, which node:http calls once for each answer that was written as a
 * whole. Why: its channel `http.server.response.finish` says the same at 3 us a request (4% of one that says hello), because
 * with a subscriber it makes a message for each; a listener of `finish` costs more, and the app would see it. Which Node
 * versions: 20 to 26. Contract: test/worker/response-end.test.ts.
 */
export function onResponseEnd(callback: ResponseEnd): void {
  const place: Patched = ServerResponse.prototype;
  const known = place[CALLBACKS];
  if (known) {
    known.push(callback);
    return;
  }
  const callbacks = [callback];
  const { detachSocket } = place;
  const patched = function (this: ServerResponse, socket: net.Socket): void {
    Reflect.apply(detachSocket, this, [socket]);
    for (let i = 0; i < callbacks.length; i += 1) callbacks[i]?.(this, socket);
  };
  const hidden = { writable: true, configurable: true, enumerable: false };
  Object.defineProperty(patched, 'name', { value: detachSocket.name, configurable: true });
  Object.defineProperty(place, CALLBACKS, { ...hidden, value: callbacks });
  // As it is there: of functions on this prototype all can be enumerated.
  place.detachSocket = patched;
}
