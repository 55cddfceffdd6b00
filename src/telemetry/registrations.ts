import { API_GLOBAL, processWide, type ApiTable as Table } from '../contract/process-wide.js';

/** A tracer provider that somebody registers beside ours. */
export interface Registration {
  /** Whether it is the global one from now on, in place of ours. */
  readonly taken: boolean;
  /** The file and line that did it, where the stack shows it. */
  readonly by: string | undefined;
}

interface RegistrationOptions {
  /** Whether what is registered takes the place of what is there: a provider, and what is set with it. */
  readonly yields: boolean;
  readonly onProvider: (registration: Registration) => void;
}

/** What the api has one of, and each copy of it registers under these names. */
const TYPES = ['trace', 'context', 'propagation', 'metrics', 'logs', 'diag'];

/**
 * Watches what is registered through any copy of the api, also one that is loaded later.
 *
 * Every 1.x copy registers by the same steps: it writes the table to its global, reads the entry unless it may replace it,
 * reads the version, writes the entry. Nothing else writes the global, so the read that follows is the question whether the
 * entry is free. Reading through accessors costs each span its share, so this lasts from the join until the worker is ready.
 *
 * @returns ends the watch; the table is plain data again
 */
export function watchRegistrations({ yields, onProvider }: RegistrationOptions): () => void {
  const table = processWide[API_GLOBAL];
  if (!table) return () => undefined;
  const entries: Table = { ...table };
  let asked = false;
  const accessors = (name: string): PropertyDescriptor => ({
    configurable: true,
    enumerable: entries[name] !== undefined,
    get: () => {
      const isQuestion = asked && name !== 'version';
      asked = false;
      if (isQuestion && yields) return undefined;
      if (isQuestion && name === 'trace') onProvider({ taken: false, by: caller() });
      return entries[name];
    },
    set: (value) => {
      asked = false;
      entries[name] = value;
      if (name === 'trace') onProvider({ taken: true, by: caller() });
    },
  });
  for (const name of [...TYPES, 'version']) Object.defineProperty(table, name, accessors(name));
  Object.defineProperty(globalThis, API_GLOBAL, {
    configurable: true,
    enumerable: true,
    get: () => table,
    set: (value) => {
      if (value === table) asked = true;
      else define(globalThis, API_GLOBAL, value); // it was taken away, and is another's
    },
  });
  return () => {
    for (const name of [...TYPES, 'version']) {
      if (Object.getOwnPropertyDescriptor(table, name)?.get === undefined) continue; // somebody took it away
      if (entries[name] === undefined) delete table[name];
      else define(table, name, entries[name]);
    }
    // A copy: each request reads it several times, and V8 looks up names slowly in an object whose accessors became data.
    if (processWide[API_GLOBAL] === table) define(globalThis, API_GLOBAL, { ...table });
  };
}

function define(holder: object, name: string | symbol, value: unknown): void {
  Object.defineProperty(holder, name, { value, writable: true, enumerable: true, configurable: true });
}

/** The first file of the stack that is of no SDK, or else of the nearest one. */
function caller(): string | undefined {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 50;
  const frames = (new Error().stack ?? '').split('\n').slice(3);
  Error.stackTraceLimit = limit;
  const files = frames.map((frame) => /\(?((?:file:\/\/)?\/[^()]+:\d+):\d+\)?$/.exec(frame)?.[1]);
  return files.find((file) => file !== undefined && !/[/\\]node_modules[/\\]@opentelemetry[/\\]/.test(file));
}
