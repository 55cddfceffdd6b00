import { WHY_DRAINED } from './connection-report.js';
import { STOP_REASONS } from './exit-reasons.js';
import type { ModuleState } from './instrumentation-state.js';
import { byCause } from './item-account.js';
import type { Notice, ReadySign, RecycleCause, WorkerMessage } from './messages.js';
import { isKeyOf } from './table-keys.js';
import { type SpanFate, WATCHED_KINDS } from './watched-span.js';

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
  return typeof type === 'string' && isKeyOf(MESSAGES, type) && MESSAGES[type](value);
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

/** An object with at least these fields. */
function shape(fields: Readonly<Record<string, Check>>): Check {
  const checks = Object.entries(fields);
  return (value) => isObject(value) && checks.every(([name, check]) => check(value[name]));
}

const isReady = oneOf({ listening: true, message: true, started: true, portless: true } satisfies Record<
  ReadySign,
  true
>);
const isNotice = oneOf({ portless: true, 'late-server': true } satisfies Record<Notice['about'], true>);

const RECYCLE_CAUSES: Record<RecycleCause, true> = { 'max-requests': true, 'max-lifetime': true, 'max-memory': true };

const ITEMS = {
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
const isAccount = shape({ ...ITEMS, logs: absentOr(shape(ITEMS)), metrics: absentOr(shape(ITEMS)) });

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

const isStats = shape({
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
const isWatchedSpan = shape({
  ...{ traceId: isText, spanId: isText, name: isText, service: isText, scope: absentOr(isText) },
  ...{ parentId: absentOr(isText), parentIsRemote: absentOr(isFlag), parentIsRecorded: absentOr(isFlag) },
  ...{ kind: isOneOf(WATCHED_KINDS), status: isOneOf(['unset', 'ok', 'error']), ended: isFlag },
  ...{ startMs: isFigure, endMs: isFigure, attributes: isObject },
  attributeSizes: absentOr((value) => isObject(value) && Object.values(value).every(isFigure)),
  events: isList(shape({ name: isText })),
});

/** One check for each message of a worker: a new message without one does not compile. */
const MESSAGES = {
  booting: shape({ build: isText, node: isText }),
  ready: shape({ how: isReady }),
  stopping: shape({ reason: oneOf(STOP_REASONS) }),
  alive: shape({ debugged: isFlag }),
  'holds-server': shape({}),
  notice: shape({ about: isNotice, text: isText }),
  'recycle-me': shape({ cause: oneOf(RECYCLE_CAUSES), text: isText }),
  stats: shape({ request: isFigure, answer: isStats }),
  metrics: shape({ request: isFigure, answer: isText }),
  watched: shape({
    ...{ watch: isFigure, spans: isList(isWatchedSpan), seen: isFigure, fate: oneOf(FATES), why: absentOr(isText) },
    ...{ last: absentOr(isFlag), blind: absentOr(isFlag) },
  }),
  recorded: shape({ upTo: isFigure }),
  room: shape({ places: (value) => isObject(value) && Object.values(value).every(isFigure) }),
  move: shape({
    move: isFigure,
    connection: shape({ place: isText, requests: isFigure, idleLeft: absentOr(isFigure) }),
  }),
  'moves-sent': shape({ upTo: isFigure }),
  taken: shape({ passes: isList(isFigure) }),
  refused: shape({ passes: isList(isFigure) }),
  flushed: shape({
    instanceId: isText,
    spans: absentOr(isAccount),
    ms: isFigure,
    gaveUp: absentOr((value) => value === true),
    requests: isFigure,
    connections: absentOr(shape({ moved: isFigure, drained: isDrained })),
  }),
} satisfies Record<WorkerMessage['type'], Check>;
