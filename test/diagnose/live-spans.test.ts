import { ROOT_CONTEXT } from '@opentelemetry/api';
import { BatchSpanProcessor, InMemorySpanExporter, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import test, { type ExecutionContext } from 'ava';
import { NO_SPANS } from '../../src/contract/item-account.js';
import { lookAtSpans } from '../../src/telemetry/look-at-spans.js';
import { fixture, type Running } from '../helpers/cluster.js';
import { session } from '../helpers/control.js';
import { get } from '../helpers/http.js';
import '../helpers/json-log.js';
import { allSignals } from '../helpers/signals.js';

interface Found {
  readonly id: string;
  readonly what: string;
  readonly next?: string;
}

/** A shop of two workers under load on these paths, while `doctor --live` looks at it. */
async function examine(t: ExecutionContext, paths: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { receiver } = await allSignals(t);
  const { start, run } = session(t);
  const app = fixture('apps/bad-spans.cjs');
  const shop = start(['start', app, '-w', '2', '--name', 'shop'], {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.grpcUrl, ...env },
  });
  const [, port = ''] = await shop.line(/^listening (\d+)/);
  await shop.ready(2);
  let over = false;
  const load = (async () => {
    while (!over) for (const path of paths) await get(port, path);
  })();
  const ran = await run('doctor', '--live', 'shop', '--json', '--seconds', '4');
  over = true;
  await load;
  const { findings } = JSON.parse(ran.stdout) as { findings: Found[] };
  return { ...ran, findings, ids: [...new Set(findings.map(({ id }) => id))].sort(), shop };
}

async function stop(shop: Running) {
  shop.kill('SIGTERM');
  await shop.exit;
}

test('doctor --live finds what is wrong with the spans of a running app, and shows no value', async (t) => {
  const paths = ['/', '/client', '/names', '/throws', '/leaks', '/huge', '/twice'];
  const { code, findings, ids, stdout, shop } = await examine(t, paths);
  t.is(code, 0, 'lints are warnings');
  t.deepEqual(ids, [
    'exception-without-status',
    'high-cardinality-names',
    'huge-attributes',
    'root-client',
    'server-without-route',
    'two-server-spans',
    'unended-spans',
  ]);
  t.regex(findings.find(({ id }) => id === 'high-cardinality-names')!.what, /cart :id/);
  t.regex(findings.find(({ id }) => id === 'root-client')!.next!, /trace [0-9a-f]{32}/);
  t.notRegex(stdout, /secretsecret/);
  await stop(shop);
});

test('doctor --live: an app without SERVER spans is missing from the service map', async (t) => {
  const { ids, shop } = await examine(t, ['/internal'], { OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'http' });
  t.deepEqual(ids, ['internal-only']);
  await stop(shop);
});

test('doctor --live: an app that is well has no finding', async (t) => {
  const { ids, shop } = await examine(t, ['/']);
  t.deepEqual(ids, []);
  await stop(shop);
});

test('doctor --live: a worker that hangs is named, and delays the answer by less than a second', async (t) => {
  const { receiver } = await allSignals(t);
  const { start, run } = session(t);
  const shop = start(['start', fixture('apps/bad-spans.cjs'), '-w', '1', '--name', 'shop'], {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.grpcUrl },
  });
  const [, port = ''] = await shop.line(/^listening (\d+)/);
  await shop.ready(1);
  const { stdout: well } = await run('doctor', '--live', 'shop', '--seconds', '0', '--json');
  t.deepEqual(JSON.parse(well).findings, []);
  let isBlocked = true;
  const blocked = get(port, '/block').then(() => (isBlocked = false));
  const { stdout } = await run('doctor', '--live', 'shop', '--seconds', '1', '--json');
  t.true(isBlocked, 'the answer came while it hung');
  t.deepEqual(
    (JSON.parse(stdout).findings as Found[]).map(({ id }) => id),
    ['live-silent'],
  );
  shop.kill('SIGKILL');
  await blocked.catch(() => undefined);
});

test('doctor --live: --seconds is checked', async (t) => {
  const { run } = session(t);
  const { code, stderr } = await run('doctor', '--live', 'shop', '--seconds', 'soon');
  t.is(code, 2);
  t.regex(stderr, /--seconds is "soon"/);
});

test('a processor is wrapped only while somebody looks, and a sample keeps whole traces', (t) => {
  const processor = new BatchSpanProcessor(new InMemorySpanExporter());
  const { onStart, onEnd } = processor;
  const source = lookAtSpans({ processor, account: () => NO_SPANS, flush: undefined });
  t.is(processor.onEnd, onEnd);
  const tracer = new NodeTracerProvider({ spanProcessors: [processor] }).getTracer('shop');
  const look = source({}, () => undefined);
  t.not(processor.onEnd, onEnd);
  const second = source({}, () => undefined);
  for (let i = 0; i < 3_000; i++) {
    const root = tracer.startSpan('root', {}, ROOT_CONTEXT);
    tracer.startSpan('child', {}, ROOT_CONTEXT).end();
    root.end();
  }
  const { spans, seen } = look.seen();
  t.is(seen, 6_000);
  t.true(spans.length > 100 && spans.length <= 500, `${spans.length}`);
  t.true(spans.every(({ ended }) => ended));
  look.stop();
  t.not(processor.onEnd, onEnd, 'the second one still looks');
  second.stop();
  t.is(processor.onEnd, onEnd);
  t.is(processor.onStart, onStart);
});
