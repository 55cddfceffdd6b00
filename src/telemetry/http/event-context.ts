import { IncomingMessage, ServerResponse } from 'node:http';
import { type Context, context } from '@opentelemetry/api';
import { asError } from '../../contract/system-error.js';

/** What a request and its response carry: in which context their listeners run, and who hears of the response's end. */
export interface Carried {
  readonly context: Context;
  onClose(): void;
  onError(error: Error): void;
}

const CARRIED = Symbol('kf-cluster.http');
type Emit = (event: string | symbol, ...args: unknown[]) => boolean;
interface Carrier {
  [CARRIED]?: Carried;
  emit: Emit;
}

/** From now on all listeners of these two run in that context, those that are there already too. */
export function carry(request: Carrier, response: Carrier, carried: Carried): void {
  request[CARRIED] = carried;
  response[CARRIED] = carried;
}

let patched = false;

/**
 * Lets emitters that carry a context emit in it. On the two prototypes, once: to bind each emitter makes five functions for
 * each of them and one for each of its listeners, which was a fifth of what a traced request cost. A request has nine events
 * that nobody listens to: those go on with as little as can be, which is why arguments are passed one by one.
 */
export function patchEmit(): void {
  if (patched) return;
  patched = true;
  const { emit }: Carrier = IncomingMessage.prototype;
  Object.defineProperty(IncomingMessage.prototype, 'emit', {
    ...HIDDEN,
    value: function (this: IncomingMessage & Carrier, ...args: Parameters<Emit>): boolean {
      const carried = this[CARRIED];
      if (carried === undefined || this.listenerCount(args[0]) === 0) return passOn(emit, this, args);
      return emitWithin(carried.context, emit, this, args);
    },
  });
  const { emit: emitOfResponse }: Carrier = ServerResponse.prototype;
  Object.defineProperty(ServerResponse.prototype, 'emit', {
    ...HIDDEN,
    value: function (this: ServerResponse & Carrier, ...args: Parameters<Emit>): boolean {
      const carried = this[CARRIED];
      if (carried === undefined) return passOn(emitOfResponse, this, args);
      const event = args[0];
      if (event === 'close') carried.onClose();
      else if (event === 'error') carried.onError(asError(args[1]));
      // The one listener of `finish` that is always there is Node's own, which sees to the connection.
      if (this.listenerCount(event) <= (event === 'finish' ? 1 : 0)) return passOn(emitOfResponse, this, args);
      return emitWithin(carried.context, emitOfResponse, this, args);
    },
  });
}

const HIDDEN = { configurable: true, enumerable: false, writable: true };

/** How many there are is seen by a listener that takes them all. */
function passOn(emit: Emit, emitter: Carrier, args: Parameters<Emit>): boolean {
  if (args.length === 1) return emit.call(emitter, args[0]);
  if (args.length === 2) return emit.call(emitter, args[0], args[1]);
  return Reflect.apply(emit, emitter, args);
}

/** To enter a context costs a map on Node 24; often it is the one that is active. */
function emitWithin(active: Context, emit: Emit, emitter: Carrier, args: Parameters<Emit>): boolean {
  if (context.active() === active) return passOn(emit, emitter, args);
  return context.with(active, () => Reflect.apply(emit, emitter, args));
}
