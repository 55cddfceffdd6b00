import test from 'ava';
import { EXIT_REASONS, STOP_REASONS } from '../../src/contract/exit-reasons.js';
import { dispatch, type Handlers, ignore, isOfType } from '../../src/contract/handlers.js';
import { NO_SPANS } from '../../src/contract/item-account.js';
import { isWorkerMessage } from '../../src/contract/message-check.js';
import {
  type PrimaryMessage,
  unwrap,
  type WorkerMessage,
  type WorkerStats,
  wrap,
} from '../../src/contract/messages.js';
import type { WatchedSpan } from '../../src/contract/watched-span.js';
import { END_STEPS, HOOK_MINIMUM, longestEnd } from '../../src/contract/worker-end.js';
import { STATS } from '../helpers/worker-stats.js';

const SPAN: WatchedSpan = {
  ...{ traceId: 't', spanId: 's', parentId: 'p', parentIsRemote: true, parentIsRecorded: true, service: 'shop' },
  ...{ scope: 'http', name: 'GET', kind: 'server', startMs: 1, endMs: 2, ended: true, status: 'ok' },
  ...{ attributes: { 'http.route': '/' }, attributeSizes: { a: 3 }, events: [{ name: 'exception' }] },
};
const WHOLE: WorkerStats = {
  ...STATS,
  spans: { ...NO_SPANS, held: '401', logs: NO_SPANS, metrics: NO_SPANS },
  instrumentations: [
    {
      ...{ name: 'pg', package: '@x/pg', state: 'version', why: 'too new' },
      modules: [{ name: 'pg', state: 'version', why: 'too new', version: '9.0.0' }],
    },
  ],
};

/** Every message of a worker with every field that it may have. */
const FULL = {
  booting: { type: 'booting', build: '1.0.0', node: 'v24.1.0' },
  ready: { type: 'ready', how: 'portless' },
  'holds-server': { type: 'holds-server' },
  notice: { type: 'notice', about: 'late-server', text: 'x' },
  stopping: { type: 'stopping', reason: 'signal' },
  alive: { type: 'alive', debugged: true },
  'recycle-me': { type: 'recycle-me', cause: 'max-requests', text: 'x' },
  stats: { type: 'stats', request: 1, answer: WHOLE },
  metrics: { type: 'metrics', request: 1, answer: 'x 1\n' },
  watched: { type: 'watched', watch: 1, spans: [SPAN], seen: 1, fate: 'waiting', why: 'x', last: true, blind: true },
  recorded: { type: 'recorded', upTo: 3 },
  room: { type: 'room', places: { '127.0.0.1:80': 4 } },
  move: { type: 'move', move: 1, connection: { place: 'a', requests: 2, idleLeft: 3 } },
  'moves-sent': { type: 'moves-sent', upTo: 2 },
  taken: { type: 'taken', passes: [1, 2] },
  refused: { type: 'refused', passes: [] },
  settled: { type: 'settled' },
  flushed: {
    ...{ type: 'flushed', instanceId: 'i', spans: { ...NO_SPANS, interrupted: 1, resent: 2 }, ms: 4, gaveUp: true },
    ...{ requests: 1, connections: { moved: 1, drained: { tls: 2 } } },
  },
} satisfies Readonly<Record<WorkerMessage['type'], WorkerMessage>>;

/** By message, the fields that may be absent. */
const OPTIONAL: Readonly<Partial<Record<WorkerMessage['type'], readonly string[]>>> = {
  stats: [
    ...[
      'answer.spans',
      'answer.instrumentations',
      'answer.spans.interrupted',
      'answer.spans.resent',
      'answer.spans.held',
    ],
    ...['answer.spans.logs', 'answer.spans.metrics', 'answer.instrumentations.0.why'],
    ...['answer.instrumentations.0.modules.0.why', 'answer.instrumentations.0.modules.0.version'],
    ...['logs', 'metrics'].flatMap((part) => [`answer.spans.${part}.interrupted`, `answer.spans.${part}.resent`]),
  ],
  watched: [
    ...['why', 'last', 'blind', 'spans.0', 'spans.0.parentId', 'spans.0.parentIsRemote', 'spans.0.parentIsRecorded'],
    ...['spans.0.scope', 'spans.0.attributes.http.route', 'spans.0.attributeSizes', 'spans.0.attributeSizes.a'],
    'spans.0.events.0',
  ],
  room: ['places.127.0.0.1:80'],
  move: ['connection.idleLeft'],
  taken: ['passes.0', 'passes.1'],
  flushed: [
    'instanceId',
    'spans',
    'spans.interrupted',
    'spans.resent',
    'gaveUp',
    'connections',
    'connections.drained.tls',
  ],
};

type Path = readonly string[];

/** Every field in it, however deep. */
function pathsOf(value: unknown, at: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => [[...at, name], ...pathsOf(inner, [...at, name])]);
}

/** A copy in which what stands at the path is taken away, or is another thing. */
function changed(message: object, path: Path, ...instead: readonly unknown[]): unknown {
  const copy = structuredClone(message);
  let inner: Record<string, unknown> = Object.fromEntries(Object.entries({ copy }));
  for (const name of ['copy', ...path.slice(0, -1)]) inner = Object(inner[name]);
  const last = path.at(-1) ?? '';
  if (instead.length > 0) inner[last] = instead[0];
  else if (Array.isArray(inner)) inner.splice(Number(last), 1);
  else delete inner[last];
  return copy;
}

for (const [type, message] of Object.entries(FULL) as [WorkerMessage['type'], WorkerMessage][]) {
  const optional = OPTIONAL[type] ?? [];
  const paths = pathsOf(message).filter(([first]) => first !== 'type');
  // An entry of a list, or of a map with any keys, is a value, and not a field that has to be there.
  const required = paths.filter(
    (path) => !optional.includes(path.join('.')) && !/\.modules\.0$|instrumentations\.0$/.test(path.join('.')),
  );

  test(`${type}: it passes in its full form, and with a field that a later build has added`, (t) => {
    t.true(isWorkerMessage(message));
    t.true(isWorkerMessage({ ...message, later: { x: 1 } }));
    t.true(isWorkerMessage(JSON.parse(JSON.stringify(message))), 'as it travels');
  });

  if (optional.length > 0)
    test(`${type}: it passes without each field that may be absent`, (t) => {
      for (const name of optional) {
        const path = paths.find((one) => one.join('.') === name) ?? [];
        t.not(path.length, 0, `${name} is no field of it here`);
        t.true(isWorkerMessage(changed(message, path)), name);
      }
    });

  test(`${type}: it is refused without each field that has to be there`, (t) => {
    for (const path of required) t.false(isWorkerMessage(changed(message, path)), path.join('.'));
    t.pass();
  });

  test(`${type}: a field that is another thing refuses it`, (t) => {
    for (const path of paths) {
      if (/\.attributes\./.test(path.join('.'))) continue; // what an app has put there
      for (const wrong of [null, -1, Number.NaN]) {
        t.false(isWorkerMessage(changed(message, path, wrong)), `${path.join('.')}: ${wrong}`);
      }
    }
    t.pass();
  });
}

test('a message travels in an envelope that the app does not see as one of its own', (t) => {
  const sent = wrap(FULL.ready);
  t.true(String(sent.cmd).startsWith('NODE_'));
  t.deepEqual(unwrap<WorkerMessage>(JSON.parse(JSON.stringify(sent))), FULL.ready);
  for (const own of [
    undefined,
    null,
    5,
    'ready',
    {},
    { cmd: 'NODE_OTHER' },
    { ...FULL.ready },
    { ...sent, cmd: 'x' },
  ]) {
    t.is(unwrap(own), undefined, JSON.stringify(own));
  }
});

test('each message goes to the handler of its type, with what else is given', (t) => {
  type Some = Extract<WorkerMessage | PrimaryMessage, { readonly type: 'alive' | 'recorded' }>;
  const handlers: Handlers<Some, [number], string> = {
    alive: ({ debugged }, n) => `alive ${debugged} ${n}`,
    recorded: ({ upTo }, n) => `recorded ${upTo} ${n}`,
  };
  t.is(dispatch<Some, [number], string>(handlers, FULL.alive, 7), 'alive true 7');
  t.is(dispatch<Some, [number], string>(handlers, FULL.recorded, 8), 'recorded 3 8');
  t.true(isOfType<WorkerMessage, 'alive'>(FULL.alive, 'alive'));
  t.false(isOfType<WorkerMessage, 'alive'>(FULL.ready, 'alive'));
  t.is(ignore(), undefined);
});

test('of the reasons for an end, what somebody has ordered is no failure, and only then do others take over', (t) => {
  for (const [reason, { planned, ordered, succeeded }] of Object.entries(EXIT_REASONS)) {
    t.true(!ordered || planned, reason);
    t.true(!succeeded || ordered, reason);
  }
  for (const reason of ['crash', 'hang', 'out-of-memory', 'boot-timeout', 'app-exit'] as const)
    t.false(EXIT_REASONS[reason].planned, reason);
  for (const reason of ['signal', 'primary-gone'] as const) t.true(EXIT_REASONS[reason].planned, reason);
  t.false(STOP_REASONS.stop.succeeded, 'after a stop nobody listens');
});

test('the hooks of an app have their second, however short the drain is; each step adds its longest time', (t) => {
  t.is(longestEnd({ drain: 0, flush: 0 }), HOOK_MINIMUM);
  t.is(longestEnd({ drain: 25_000, flush: 5_000 }), 30_000);
  t.is(longestEnd({ drain: 1, flush: 5 }), HOOK_MINIMUM + 5);
  t.deepEqual(Object.keys(END_STEPS).indexOf('hooks') > Object.keys(END_STEPS).indexOf('drain'), true);
});
