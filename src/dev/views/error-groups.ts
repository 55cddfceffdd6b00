import type { Attributes, LogEntry, SpanRecord } from '../model.js';
import type { ErrorGroup } from '../page-api.js';
import { cut } from '../store/attribute-text.js';
import { routeOf, statusOf } from '../store/http-names.js';
import type { Origin } from '../store/origin.js';
import { textOf } from '../text.js';
import { hasFailed } from './route-stats.js';

const MOST_GROUPS = 300;
const MOST_OF_EACH = 10;
const MOST_WORKERS = 64;
const LONGEST_STACK = 8_192;

interface Group {
  readonly key: string;
  readonly type: string;
  message: string;
  readonly frame: string | undefined;
  stack: string | undefined;
  count: number;
  readonly first: number;
  last: number;
  readonly workers: Set<number>;
  readonly routes: Set<string>;
  traceIds: string[];
}

/** What went wrong, in groups of one type and one place in the app's own code. */
interface Errors {
  addSpan(span: SpanRecord, origin: Origin): void;
  addLog(entry: LogEntry, origin: Origin): void;
  groups(): ErrorGroup[];
}

export function createErrors(): Errors {
  const groups = new Map<string, Group>();
  const add = (error: Failure, origin: Origin) => {
    const frame = ownFrame(error.stack);
    const key = `${error.type} ${frame ?? error.message.replaceAll(/\d+/g, 'N').slice(0, 200)}`;
    const group = groups.get(key) ?? { ...fresh(error, key), frame };
    // The one that was seen last stands last, so that the first is the one to go.
    groups.delete(key);
    groups.set(key, group);
    if (groups.size > MOST_GROUPS) for (const oldest of groups.keys()) return void groups.delete(oldest);
    group.count += 1;
    group.last = Math.max(group.last, error.at);
    group.message = error.message;
    group.stack = error.stack ?? group.stack;
    if (origin.worker.slot !== undefined && group.workers.size < MOST_WORKERS) group.workers.add(origin.worker.slot);
    if (error.route !== undefined && group.routes.size < MOST_OF_EACH) group.routes.add(error.route);
    if (error.traceId !== '' && group.traceIds.at(-1) !== error.traceId) {
      group.traceIds = [...group.traceIds.slice(1 - MOST_OF_EACH), error.traceId];
    }
  };
  return {
    addSpan: (span, origin) => {
      for (const failure of failuresOf(span)) add(failure, origin);
    },
    addLog: ({ attributes, timeNs, traceId }, origin) => {
      const failure = exceptionIn(attributes, timeNs, traceId, undefined);
      if (failure !== undefined) add(failure, origin);
    },
    groups: () =>
      [...groups.values()].toReversed().map(({ frame, stack, workers, routes, ...rest }) => ({
        ...rest,
        ...(frame !== undefined && { frame }),
        ...(stack !== undefined && { stack }),
        workers: [...workers].sort((a, b) => a - b),
        routes: [...routes],
      })),
  };
}

interface Failure {
  readonly at: number;
  readonly type: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly traceId: string;
  readonly route: string | undefined;
}

function fresh({ type, message, stack, at }: Failure, key: string) {
  return {
    key,
    type,
    message,
    stack,
    count: 0,
    first: at,
    last: at,
    workers: new Set<number>(),
    routes: new Set<string>(),
    traceIds: [],
  };
}

/** Its exceptions; of an answer with a 5xx and none, the answer. */
function failuresOf(span: SpanRecord): Failure[] {
  const { events, attributes, traceId } = span;
  const path = span.kind === 'server' ? routeOf(attributes) : undefined;
  const route = path === undefined ? undefined : cut(path, 200);
  const found = events
    .filter(({ name }) => name === 'exception')
    .flatMap((event) => exceptionIn(event.attributes, event.timeNs, traceId, route) ?? []);
  if (found.length > 0 || span.kind !== 'server' || !hasFailed(span)) return found;
  const type = own(attributes, 'error.type') ?? `HTTP ${statusOf(attributes) ?? 'error'}`;
  const message = cut(span.status.message || span.name, 500);
  return [{ at: millis(span.endNs), type: cut(type, 200), message, stack: undefined, traceId, route }];
}

function exceptionIn(
  attributes: Attributes,
  timeNs: bigint,
  traceId: string,
  route: string | undefined,
): Failure | undefined {
  const type = own(attributes, 'exception.type');
  const stack = own(attributes, 'exception.stacktrace');
  const message = own(attributes, 'exception.message');
  if (type === undefined && stack === undefined && message === undefined) return undefined;
  // Without a type it stands before the message, as a stack has it: both are of one group.
  const [, named, rest] = type === undefined ? (/^(\w*(?:Error|Exception)): (.*)$/s.exec(message ?? '') ?? []) : [];
  return {
    at: millis(timeNs),
    type: cut(type ?? named ?? 'Error', 200),
    message: cut(rest ?? message ?? '', 500),
    stack: stack === undefined ? undefined : cut(stack, LONGEST_STACK),
    traceId,
    route,
  };
}

/** The topmost call that is neither Node's nor a dependency's, as `function (file:line:column)`. */
function ownFrame(stack: string | undefined): string | undefined {
  for (const line of stack?.split('\n', 60) ?? []) {
    const [, frame] = /^\s*at (.+)$/.exec(line) ?? [];
    if (frame !== undefined && !/node_modules|\bnode:|\(internal\/|<anonymous>\)?$/.test(frame)) return cut(frame, 300);
  }
  return undefined;
}

function own(attributes: Attributes, name: string): string | undefined {
  return Object.hasOwn(attributes, name) ? textOf(attributes[name]) : undefined;
}

function millis(ns: bigint): number {
  return Number(ns / 1_000n) / 1_000;
}
