import { WHY_DRAINED } from './connection-report.js';
import { STOP_REASONS } from './exit-reasons.js';
import type { ModuleState } from './instrumentation-state.js';
import { byCause, type ItemAccount, type SpanAccount } from './item-account.js';
import type { Notice, ReadySign, RecycleCause, WorkerMessage, WorkerStats } from './messages.js';
import { isKeyOf, keysOf, tableOf } from './table-keys.js';
import { type SpanFate, WATCHED_KINDS, type WatchedSpan } from './watched-span.js';

/** The longest text that a worker may send, in characters: a scrape of some ten thousand series fits many times. */
const LONGEST_TEXT = 16 * 1024 * 1024;

/** How much of a wrong type is logged, in characters. */
const LONGEST_NAME = 80;

type Fields = Readonly<Record<string, unknown>>;
type Check = (value: unknown) => boolean;

/**
 * Whether what came from a worker is a message in its full form. The app shares the channel: whatever it sends there must
 * not reach code that trusts the types.
 */
export function isWorkerMessage(value: unknown): value is WorkerMessage {
  if (!isObject(value)) return false;
  const { type } = value;
  return typeof type === 'string' && isKeyOf(CHECKS, type) && CHECKS[type](value);
}

/** For the log: the type of a message that is none of ours, or what it is instead. */
export function describeMessage(value: unknown): string {
  const type = isObject(value) ? value.type : value;
  return (typeof type === 'string' ? type : (JSON.stringify(type) ?? 'undefined')).slice(0, LONGEST_NAME);
}

const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null;
const isText: Check = (value) => typeof value === 'string' && value.length <= LONGEST_TEXT;
const isFlag: Check = (value) => typeof value === 'boolean';
/** Counts, times and bytes: JSON has no NaN, but `null` in its place. */
const isFigure: Check = (value) => typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER;
const oneOf =
  (names: Readonly<Record<string, unknown>>): Check =>
  (value) =>
    typeof value === 'string' && Object.hasOwn(names, value);
const absentOr =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);

const isList =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);

/** One check for each field of a type: a new field without one does not compile. */
type Checks<T> = { readonly [K in keyof T]-?: Check };

/** An object with at least these fields. */
function shape<T = Fields>(fields: Checks<T>): Check {
  const checks = Object.entries<Check>(fields);
  return (value) => isObject(value) && checks.every(([name, check]) => check(value[name]));
}

const isReady = oneOf({ listening: true, message: true, started: true, portless: true } satisfies Record<
  ReadySign,
  true
>);
const isNotice = oneOf({ portless: true, 'late-server': true } satisfies Record<Notice['about'], true>);

const RECYCLE_CAUSES: Record<RecycleCause, true> = { 'max-requests': true, 'max-lifetime': true, 'max-memory': true };

const ITEMS: Checks<ItemAccount> = {
  ended: isFigure,
  recovered: isFigure,
  interrupted: absentOr(isFigure),
  resent: absentOr(isFigure),
  held: absentOr(isText),
  exported: isFigure,
  rejected: isFigure,
  spooled: isFigure,
  pending: isFigure,
  dropped: shape(byCause(() => isFigure)),
};
const isAccount = shape<SpanAccount>({ ...ITEMS, logs: absentOr(shape(ITEMS)), metrics: absentOr(shape(ITEMS)) });

const isDrained = shape(Object.fromEntries(WHY_DRAINED.map((why) => [why, absentOr(isFigure)])));

const MODULE_STATES: Record<ModuleState, true> = {
  patched: true,
  'not-loaded': true,
  'loaded-before': true,
  version: true,
  failed: true,
  unseen: true,
};
const STATE = { name: isText, state: oneOf(MODULE_STATES), why: absentOr(isText) };
const isInstrumentation = shape({
  ...STATE,
  package: isText,
  modules: isList(shape({ ...STATE, version: absentOr(isText) })),
});

const isStats = shape<WorkerStats>({
  requests: isFigure,
  inFlight: isFigure,
  connections: isFigure,
  loopDelayP99: isFigure,
  cpu: isFigure,
  cpuSeconds: isFigure,
  rss: isFigure,
  spans: absentOr(isAccount),
  instrumentations: absentOr(isList(isInstrumentation)),
});

const FATES: Record<SpanFate, true> = {
  open: true,
  acknowledged: true,
  waiting: true,
  rejected: true,
  dropped: true,
  unsent: true,
};
const isOneOf =
  (values: readonly unknown[]): Check =>
  (value) =>
    values.includes(value);
const isWatchedSpan = shape<WatchedSpan>({
  ...{ traceId: isText, spanId: isText, name: isText, service: isText, scope: absentOr(isText) },
  ...{ parentId: absentOr(isText), parentIsRemote: absentOr(isFlag), parentIsRecorded: absentOr(isFlag) },
  ...{ kind: isOneOf(WATCHED_KINDS), status: isOneOf(['unset', 'ok', 'error']), ended: isFlag },
  ...{ startMs: isFigure, endMs: isFigure, attributes: isObject },
  attributeSizes: absentOr((value) => isObject(value) && Object.values(value).every(isFigure)),
  events: isList(shape({ name: isText })),
});

type Of<T extends WorkerMessage['type']> = Omit<Extract<WorkerMessage, { readonly type: T }>, 'type'>;

/** Each message of a worker, and each of its fields: one more without a check does not compile. */
const MESSAGES = {
  booting: { build: isText, node: isText },
  ready: { how: isReady },
  stopping: { reason: oneOf(STOP_REASONS) },
  alive: { debugged: isFlag },
  settled: {},
  'holds-server': {},
  notice: { about: isNotice, text: isText },
  'recycle-me': { cause: oneOf(RECYCLE_CAUSES), text: isText },
  stats: { request: isFigure, answer: isStats },
  metrics: { request: isFigure, answer: isText },
  watched: {
    ...{ watch: isFigure, spans: isList(isWatchedSpan), seen: isFigure, fate: oneOf(FATES), why: absentOr(isText) },
    ...{ last: absentOr(isFlag), blind: absentOr(isFlag) },
  },
  recorded: { upTo: isFigure },
  room: { places: (value) => isObject(value) && Object.values(value).every(isFigure) },
  move: {
    move: isFigure,
    connection: shape({ place: isText, requests: isFigure, idleLeft: absentOr(isFigure) }),
  },
  'moves-sent': { upTo: isFigure },
  taken: { passes: isList(isFigure) },
  refused: { passes: isList(isFigure) },
  flushed: {
    instanceId: absentOr(isText),
    spans: absentOr(isAccount),
    ms: isFigure,
    gaveUp: absentOr((value) => value === true),
    requests: isFigure,
    connections: absentOr(shape({ moved: isFigure, drained: isDrained })),
  },
} satisfies { readonly [T in WorkerMessage['type']]: Checks<Of<T>> };

const CHECKS = tableOf(keysOf(MESSAGES), (type) => shape<Fields>(MESSAGES[type]));
