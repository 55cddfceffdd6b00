import test from 'ava';
import type { FullStatus, FullWorkerStatus } from '../../src/contract/control-protocol.js';
import { NO_SPANS } from '../../src/contract/item-account.js';
import { runChecks } from '../../src/diagnose/check.js';
import { LIVE_CHECKS } from '../../src/diagnose/live/live-checks.js';
import { fixture } from '../helpers/cluster.js';
import { session } from '../helpers/control.js';
import '../helpers/json-log.js';
import { allSignals } from '../helpers/signals.js';

const STATS: NonNullable<FullWorkerStatus['stats']> = {
  requests: 0,
  inFlight: 0,
  connections: 0,
  loopDelayP99: 0,
  cpu: 0,
  cpuSeconds: 0,
  rss: 0,
};

/** The ids that are found for a worker with these figures, beside one that is well. */
async function idsOf(stats: Partial<typeof STATS> | undefined, output: object = {}) {
  const worker = { slot: 1, phase: 'ready', pid: 7, ...(stats && { stats: { ...STATS, ...stats } }) };
  const well = { slot: 0, phase: 'ready', pid: 6, stats: { ...STATS, spans: NO_SPANS } };
  const status = {
    workers: [well, worker],
    output: { problem: undefined, dropped: { lines: 0, bytes: 0 }, ...output },
  };
  const found = await runChecks(LIVE_CHECKS, status as unknown as FullStatus);
  return found.map(({ id }) => id);
}

for (const [id, stats] of [
  ['live-refused', { spans: { ...NO_SPANS, held: 'HTTP status 401', spooled: 5 } }],
  ['live-dropped', { spans: { ...NO_SPANS, dropped: { ...NO_SPANS.dropped, late: 3 } } }],
  ['live-rejected', { spans: { ...NO_SPANS, rejected: 1 } }],
  ['live-waiting', { spans: { ...NO_SPANS, spooled: 5 } }],
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
] as const) {
  test(`${id} is found in what workers say`, async (t) => {
    t.deepEqual(await idsOf(stats as Partial<typeof STATS> | undefined), [id]);
  });
}

test('live-output is found, and workers that are well have no finding', async (t) => {
  t.deepEqual(await idsOf({}, { dropped: { lines: 4, bytes: 9 } }), ['live-output']);
  t.deepEqual(await idsOf({ requests: 2, spans: { ...NO_SPANS, ended: 2, exported: 2 } }), []);
});

test('doctor --live: a supervisor that runs well has no finding; one that does not run is 3', async (t) => {
  const { receiver } = await allSignals(t);
  const { start, run } = session(t);
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.grpcUrl };
  const one = start(['start', fixture('apps/http.cjs'), '-w', '2', '--name', 'lives'], { env });
  await one.ready(2);
  const { code, stdout, stderr } = await run('doctor', '--live', 'lives', '--json');
  t.is(code, 0, stderr);
  t.deepEqual(JSON.parse(stdout).findings, []);
  one.kill('SIGTERM');
  await one.exit;
  t.is((await run('doctor', '--live', 'lives')).code, 3);
});
