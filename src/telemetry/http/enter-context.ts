import { AsyncLocalStorage, executionAsyncResource } from 'node:async_hooks';
import type { IncomingMessage } from 'node:http';
import { type Context, context } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { API_GLOBAL, type ApiTable, processWide } from '../../contract/process-wide.js';

type Manager = NonNullable<ApiTable['context']>;

let manager: Manager | undefined;
/** In which our own manager keeps contexts, from Node 24 on. */
let frames: AsyncLocalStorage<unknown> | undefined;

/** To be called once a request: an app may register a context manager of its own, and who registers makes a new table. */
export function lookAtTable(): void {
  const now = processWide[API_GLOBAL]?.context;
  if (now === manager) return;
  manager = now;
  frames = HAS_FRAMES && now !== undefined ? storageOf(now) : undefined;
}

/**
 * Runs it in that context, as `context.with` does. That looks up the table of what is registered on the global object, three times,
 * which costs half a microsecond each time.
 */
export function enter<T>(active: Context, run: () => T): T {
  return manager === undefined ? context.with(active, run) : manager.with(active, run);
}

/** From here on contexts are frames, and Node puts back the frame of before when the callback is over which it called. */
const HAS_FRAMES = Number.parseInt(process.versions.node, 10) >= 24;

/**
 * Puts the rest of this callback of Node's into that context, where it is the one that a connection's parser calls for a
 * request: behind it only Node's own code comes, and the end of the callback ends the context. `run` of AsyncLocalStorage copies
 * a map twice, to enter and to leave, and needs a function. False where that cannot be, and nothing was done: an app that
 * hands a request to a server itself has code of its own behind it.
 */
export function enterCallback(active: Context, request: IncomingMessage): boolean {
  if (frames === undefined || frames.getStore() !== undefined || !isParserOf(request)) return false;
  frames.enterWith(active);
  return true;
}

/** For a callback that fails: what hears of the error is outside. */
export function leaveCallback(): void {
  frames?.enterWith(undefined);
}

interface Resource {
  readonly type?: unknown;
  readonly socket?: unknown;
}

/** Whether Node is in the callback of that request's parser. */
function isParserOf({ socket }: IncomingMessage): boolean {
  const resource: Resource = executionAsyncResource();
  return resource.socket === socket && resource.type === 'HTTPINCOMINGMESSAGE';
}

/** Undefined for one that is not ours, or that somebody has changed. */
function storageOf(found: object): AsyncLocalStorage<unknown> | undefined {
  if (Object.getPrototypeOf(found) !== AsyncLocalStorageContextManager.prototype || Object.hasOwn(found, 'with'))
    return undefined;
  const { _asyncLocalStorage: storage }: { readonly _asyncLocalStorage?: unknown } = found;
  return storage instanceof AsyncLocalStorage ? storage : undefined;
}
