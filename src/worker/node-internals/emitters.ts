import { EventEmitter as Emitter, type EventEmitter } from 'node:events';
import net from 'node:net';

/**
 * What is patched: `emit`, on `net.Server.prototype`, `net.Socket.prototype`, and on the prototype of `process` and of any
 * other emitter that is observed. Why: a listener of ours would count. Libraries ask `listenerCount('SIGINT')` and refuse to start,
 * `removeAllListeners()` would take ours away, and ours would come first in `listeners()`. Which Node versions: 20 to 26;
 * all of them emit through `emitter.emit`. Contract: test/worker/emitters.test.ts.
 */
export type Observer = (this: never, ...args: never[]) => unknown;

/** Events and their observers in turns. Replaced as a whole: an emit that is under way goes on with the old one. */
type Observed = EventEmitter & { [OBSERVERS]?: readonly unknown[] };

// By name: a process may hold more than one copy of this file, and one patch serves them all.
const OBSERVERS = Symbol.for('kf-cluster.observers');
const PATCHED = Symbol.for('kf-cluster.patched');

/**
 * Hears an event in front of all listeners without being one: nothing that an app can ask of the emitter shows it, and
 * nothing takes it away. An observer that returns true keeps the event from the listeners; `emit` then returns true. One
 * that throws throws out of `emit`, as a listener does.
 *
 * @returns ends it
 */
export function observe(emitter: EventEmitter, event: string, observer: Observer): () => void {
  patch(placeOf(emitter));
  const observed: Observed = emitter;
  const pair = [event, observer];
  const before = observed[OBSERVERS];
  if (before) observed[OBSERVERS] = [...before, ...pair];
  // Not enumerable, or whoever prints the emitter sees it; but on a socket, where a plain property is made in a tenth of the time.
  else if (emitter instanceof net.Socket) observed[OBSERVERS] = pair;
  else Object.defineProperty(emitter, OBSERVERS, { value: pair, writable: true, configurable: true });
  return () => {
    const at = observed[OBSERVERS]?.findIndex((one, i, all) => i % 2 === 0 && one === event && all[i + 1] === observer);
    if (at !== undefined && at >= 0) observed[OBSERVERS] = observed[OBSERVERS]?.toSpliced(at, 2) ?? [];
  };
}

/** The same for the next event alone. */
export function observeOnce(emitter: EventEmitter, event: string, observer: Observer): void {
  const end = observe(emitter, event, function (this: never, ...args: never[]) {
    end();
    return Reflect.apply(observer, this, args);
  });
}

/** To be called before anybody else wraps these: who does keeps the `emit` that it finds, and passes on to that. */
export function patchEmitters(): void {
  patch(net.Server.prototype);
  patch(net.Socket.prototype);
}

function placeOf(emitter: EventEmitter): EventEmitter {
  if (emitter instanceof net.Server) return net.Server.prototype;
  if (emitter instanceof net.Socket) return net.Socket.prototype;
  const kind: EventEmitter = Object.getPrototypeOf(emitter);
  // A module that was preloaded before us (source-map-support, by ts-node/register) has put its own in front of the prototype's,
  // and passes on to the one that it found there.
  if (Object.hasOwn(emitter, 'emit') && !Object.hasOwn(kind, PATCHED)) return emitter;
  return kind === Emitter.prototype ? emitter : kind; // not of every emitter that there is
}

function patch(place: EventEmitter): void {
  if (Object.hasOwn(place, PATCHED)) return;
  const { emit } = place;
  const patched = function (this: Observed, ...args: [string, ...never[]]): boolean {
    const observers = this[OBSERVERS];
    if (observers !== undefined) {
      // Each request comes by here: nothing is made before an observer is found.
      for (let i = 0; i < observers.length; i += 2) {
        if (observers[i] === args[0] && call(this, observers[i + 1] as Observer, args)) return true;
      }
    }
    return Reflect.apply(emit, this, args);
  };
  const hidden = { writable: true, configurable: true, enumerable: false };
  Object.defineProperty(place, PATCHED, { ...hidden, value: true });
  Object.defineProperty(place, 'emit', { ...hidden, value: disguise(patched) });
}

/** @returns whether the observer keeps it to itself */
function call(emitter: Observed, observer: Observer, args: [string, ...never[]]): boolean {
  const apply: unknown =
    args.length === 3 // a request: nothing is copied
      ? Reflect.apply(observer, emitter, [args[1], args[2]])
      : Reflect.apply(observer, emitter, args.slice(1));
  return apply === true;
}

/** Named and counted like the method of `EventEmitter` that it stands for. */
function disguise<F extends (...args: never[]) => unknown>(patched: F): F {
  const { name, length } = Emitter.prototype.emit;
  Object.defineProperties(patched, {
    name: { value: name, configurable: true },
    length: { value: length, configurable: true },
  });
  return patched;
}
