import test from 'ava';
import type { FullStatus, FullWorkerStatus } from '../../src/contract/control-protocol.js';
import { type ItemAccount, NO_SPANS } from '../../src/contract/item-account.js';
import { runChecks } from '../../src/diagnose/check.js';
import { LIVE_CHECKS } from '../../src/diagnose/live/live-checks.js';
import { STATS } from '../helpers/worker-stats.js';

type Stats = NonNullable<FullWorkerStatus['stats']>;
type Parts = NonNullable<Stats['spans']>;

const QUIET: Stats = { ...STATS, requests: 0 };

const account = (fields: Partial<Parts>): Parts => ({ ...NO_SPANS, ...fields });
const part = (fields: Partial<ItemAccount>): ItemAccount => ({ ...NO_SPANS, ...fields });
const worker = (slot: number, stats: Partial<Stats> | undefined, phase = 'ready') => ({
  slot,
  phase,
  pid: 10 + slot,
  ...(stats && { stats: { ...QUIET, ...stats } }),
});

/** What the checks find in these workers. */
function find(workers: readonly object[], output: object = {}) {
  const status = { workers, output: { problem: undefined, dropped: { lines: 0, bytes: 0 }, ...output } };
  return runChecks(LIVE_CHECKS, status as unknown as FullStatus);
}
const WELL = worker(0, { spans: NO_SPANS });

/** The ids that are found for a worker with these figures, beside one that is well. */
const idsOf = async (stats: Partial<Stats> | undefined, output: object = {}) =>
  (await find([WELL, worker(1, stats)], output)).map(({ id }) => id);

for (const [id, stats] of [
  ['live-refused', { spans: account({ held: 'HTTP status 401', spooled: 5 }) }],
  ['live-dropped', { spans: account({ dropped: { ...NO_SPANS.dropped, late: 3 } }) }],
  ['live-rejected', { spans: account({ rejected: 1 }) }],
  ['live-waiting', { spans: account({ spooled: 5 }) }],
  ['live-no-spans', { requests: 9, spans: NO_SPANS }],
  [
    'live-not-patched',
    {
      instrumentations: [
        { name: 'pg', package: '@opentelemetry/instrumentation-pg', state: 'loaded-before', modules: [] },
      ],
    },
  ],
  ['live-silent', undefined],
] as const satisfies readonly (readonly [string, Partial<Stats> | undefined])[]) {
  test(`${id} is found in what workers say`, async (t) => t.deepEqual(await idsOf(stats), [id]));
}

test('live-output is found, and workers that are well have no finding', async (t) => {
  t.deepEqual(await idsOf({}, { dropped: { lines: 4, bytes: 9 } }), ['live-output']);
  t.deepEqual(await idsOf({ requests: 2, spans: account({ ended: 2, exported: 2 }) }), []);
});

test('a log file that cannot be written says why, rather than how many lines are gone', async (t) => {
  const [finding] = await find([WELL], { problem: 'ENOSPC: app.log', dropped: { lines: 4, bytes: 9 } });
  t.is(finding?.what, 'output: ENOSPC: app.log');
});

test('logs and metrics count as spans do: what is refused, given up, rejected or waits', async (t) => {
  for (const [fields, id] of [
    [{ held: 'gRPC status 16' }, 'live-refused'],
    [{ dropped: { ...NO_SPANS.dropped, disk_full: 1 } }, 'live-dropped'],
    [{ rejected: 2 }, 'live-rejected'],
    [{ spooled: 3 }, 'live-waiting'],
  ] as const) {
    t.deepEqual(await idsOf({ spans: account({ logs: part(fields) }) }), [id], 'logs');
    t.deepEqual(await idsOf({ spans: account({ metrics: part(fields) }) }), [id], 'metrics');
  }
});

test('items of all workers are one number, a cause each', async (t) => {
  const lost = (late: number, expired: number) =>
    account({ dropped: { ...NO_SPANS.dropped, late, expired }, rejected: 1 });
  const found = await find([
    worker(0, { spans: lost(2, 0) }),
    worker(1, { spans: lost(3, 4) }),
    worker(2, { spans: account({ logs: part({ dropped: { ...NO_SPANS.dropped, late: 1 } }) }) }),
  ]);
  t.deepEqual(
    found.map(({ what }) => what),
    ['6 items were dropped: late', '4 items were dropped: expired', 'the collector rejected 2 items'],
  );
});

test('what several workers say alike is said once, and another reason beside it', async (t) => {
  const held = (why: string) => ({ spans: account({ held: why, pending: 1 }) });
  const found = await find([
    worker(0, held('HTTP status 401')),
    worker(1, held('HTTP status 401')),
    worker(2, held('HTTP status 403')),
  ]);
  t.deepEqual(
    found.map(({ what }) => what.replace(/.*: /, '')),
    ['HTTP status 401', 'HTTP status 403'],
  );
  t.is(found[0]?.why, '1 items of slot 0 wait');
});

test('what a refusal holds back is not reported a second time as waiting', async (t) => {
  const found = await find([
    worker(0, { spans: account({ held: 'HTTP status 401', spooled: 90 }) }),
    worker(1, { spans: account({ spooled: 4 }) }),
  ]);
  t.deepEqual(
    found.map(({ id }) => id),
    ['live-refused', 'live-waiting'],
  );
  t.is(found[1]?.what, '4 items wait on disk');
});

test('each worker that answers requests and ends no span is named, with what is known of its provider', async (t) => {
  const found = await find([
    worker(0, { requests: 3 }),
    worker(1, { requests: 4, spans: NO_SPANS }),
    worker(2, { requests: 5, spans: account({ ended: 1 }) }),
    worker(3, { requests: 0, spans: NO_SPANS }),
  ]);
  t.deepEqual(
    found.map(({ what }) => what),
    ['slot 0 has answered 3 requests and ended no span', 'slot 1 has answered 4 requests and ended no span'],
  );
  t.regex(found[0]?.why ?? '', /no provider keeps an account/);
  t.regex(found[1]?.why ?? '', /nothing is sampled or instrumented/);
});

test('an instrumentation whose library is not loaded, or that has patched it, is well; its own word comes first', async (t) => {
  const one = (state: string, why?: string) => ({
    ...{ name: state, package: `inst-${state}`, state, modules: [] },
    ...(why !== undefined && { why }),
  });
  const instrumentations = [
    one('patched'),
    one('not-loaded'),
    one('version'),
    one('failed', 'TypeError: no'),
    one('unseen'),
    one('later'),
  ] as unknown as NonNullable<Stats['instrumentations']>;
  const found = await find([worker(0, { instrumentations }), worker(1, { instrumentations })]);
  t.deepEqual(
    found.map(({ what, why }) => [what, why]),
    [
      ['inst-version has patched nothing: version', 'it knows no such version of the module'],
      ['inst-failed has patched nothing: failed', 'TypeError: no'],
      ['inst-unseen has patched nothing: unseen', 'it was imported where no hook is registered'],
      ['inst-later has patched nothing: later', 'later'],
    ],
  );
});

test('a worker that boots, waits or has given up owes no answer; one that drains does', async (t) => {
  const phases = ['starting', 'ready', 'draining', 'backoff', 'failed', 'done'];
  const found = await find(phases.map((phase, slot) => worker(slot, undefined, phase)));
  t.deepEqual(
    found.map(({ id, what, next }) => [id, what, next]),
    [
      ['live-silent', 'slot 1 (pid 11) does not answer', 'kf-cluster describe 1'],
      ['live-silent', 'slot 2 (pid 12) does not answer', 'kf-cluster describe 2'],
    ],
  );
});
