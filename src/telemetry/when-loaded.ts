type Loaded = () => void;

/** Of Node, two lines each, which hardly anybody loads: by them is seen whether a load is noticed on this Node. */
const PROBES = ['path/win32', 'path/posix'];

const waiting = new Map<string, Loaded[]>();
/** What hears for this copy of the code, in the place of Array.prototype. */
const listener: object = new Proxy(Array.prototype, { set: hear });

/**
 * Runs something when a module of Node is loaded, before whoever asked for it has it: by require, import,
 * `process.getBuiltinModule` or inside of Node. At once if it is loaded already, or where a load cannot be noticed: the module
 * is then loaded by whoever asks for it here.
 *
 * Node 20 to 26 write down each module of theirs when it is complete, by a push to `process.moduleLoadList`. A push sets an index
 * that the array has not got, and that goes by the prototype of the array. `module.registerHooks` would do too, but only Node
 * 22.15 and newer have it, and with it every resolution of the app goes another way. A contract test runs on each of these Nodes.
 *
 * @param name as in `NativeModule https`, without `node:`
 */
export function whenLoaded(name: string, run: Loaded): void {
  const list: unknown = Reflect.get(process, 'moduleLoadList');
  if (!Array.isArray(list) || list.includes(entryOf(name)) || !isHeard(list)) return run();
  wait(name, run);
}

/** Nothing is run any more. */
export function forgetWaiting(): void {
  waiting.clear();
  const list: unknown = Reflect.get(process, 'moduleLoadList');
  if (Array.isArray(list) && Object.getPrototypeOf(list) === listener) Object.setPrototypeOf(list, Array.prototype);
}

function isHeard(list: unknown[]): boolean {
  const prototype: unknown = Object.getPrototypeOf(list);
  if (prototype === listener) return true;
  if (prototype !== Array.prototype) return false; // somebody else's, which stays
  const probe = PROBES.find((name) => !list.includes(entryOf(name)));
  if (probe === undefined) return false;
  let heard = false;
  wait(probe, () => {
    heard = true;
  });
  Object.setPrototypeOf(list, listener);
  process.getBuiltinModule(probe);
  if (!heard) forgetWaiting();
  return heard;
}

/** What Node pushes is there before anything runs, whatever that does. */
function hear(_array: unknown, index: string | symbol, value: unknown, list: object): boolean {
  const isThere = Reflect.defineProperty(list, index, { value, writable: true, enumerable: true, configurable: true });
  if (typeof value !== 'string') return isThere;
  const runs = waiting.get(value) ?? [];
  waiting.delete(value);
  for (const run of runs) run();
  return isThere;
}

function wait(name: string, run: Loaded): void {
  waiting.set(entryOf(name), [...(waiting.get(entryOf(name)) ?? []), run]);
}

function entryOf(name: string): string {
  return `NativeModule ${name}`;
}
