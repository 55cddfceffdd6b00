import { context, INVALID_SPAN_CONTEXT, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { type RPCMetadata, RPCType, setRPCMetadata } from '@opentelemetry/core';
import test from 'ava';
import { setRoute, withSpan } from '../../src/api/tracing.js';
import { startReceiver } from '../../src/dev/receiver.js';
import { eventsIn } from '../helpers/log-lines.js';
import { isHere } from '../helpers/nodes.js';
import { grpcSink } from '../helpers/otlp-sink.js';
import { receiverPorts } from '../helpers/raw.js';
import { nodes, root, runNode, stateDir } from '../helpers/run-node.js';
import { createStore } from '../helpers/span-store.js';

const JOB = `${root}test/fixtures/tracing-job.mjs`;
const FORMS = { unbundled: `${root}dist/src/api/tracing.js`, bundled: `${root}dist/bundle/tracing.js` };

for (const [form, file] of Object.entries(FORMS)) {
  for (const [on, node] of Object.entries(nodes)) {
    test(`${on}, ${form}: withTelemetry sets up, runs, and has sent all when it resolves; spans nest`, async (t) => {
      if (!isHere(t, node)) return;
      const sink = await grpcSink();
      const env = { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url, XDG_STATE_HOME: stateDir() };
      const { stdout, stderr } = await runNode([JOB, file, 'works'], env, node).done;
      t.is(stdout, 'result 2\n', stderr);
      const [job, sum, fetch] = ['job', 'sum', 'fetch'].map((name) => sink.spans.find((span) => span.name === name));
      t.is(sink.spans.length, 3);
      t.is(sum?.parentSpanId, job?.spanId);
      t.is(fetch?.parentSpanId, job?.spanId);
      t.is(new Set(sink.spans.map(({ traceId }) => traceId)).size, 1);
      await sink.close();
    });
  }
}

test('what is thrown is recorded, makes the status an error up to the root, and rejects after the flush', async (t) => {
  const store = createStore();
  const receiver = await startReceiver({ ...(await receiverPorts()), onTraces: (spans) => void store.add(spans) });
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.grpcUrl, XDG_STATE_HOME: stateDir() };
  const { stdout, stderr } = await runNode([JOB, FORMS.bundled, 'fails'], env).done;
  t.is(stdout, 'rejected  no such order\n', stderr);
  for (const { name, status, events } of store.spans()) {
    if (name === 'sum') {
      t.is(status.code, 'unset');
      continue;
    }
    t.deepEqual(status, { code: 'error', message: 'no such order' });
    t.deepEqual(
      events.map((event) => event.name),
      ['exception'],
    );
  }
  t.is(store.spans().length, 3);
  receiver.close();
});

test('where telemetry is there already withTelemetry only runs the function', async (t) => {
  const sink = await grpcSink();
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: sink.url,
    XDG_STATE_HOME: stateDir(),
    NODE_OPTIONS: `--import=file://${root}dist/bundle/register.js`,
    KF_CLUSTER_LOG_FORMAT: 'json',
  };
  const { stdout, stderr } = await runNode([JOB, FORMS.bundled, 'works'], env).done;
  t.is(stdout, 'result 2\n');
  t.is(eventsIn(stderr, 'telemetry-attached').length, 1);
  await sink.close();
});

for (const delivery of ['spool', 'memory', 'journal']) {
  test(`delivery ${delivery}: what ends behind withTelemetry is sent too, by the end of the process at the latest`, async (t) => {
    const sink = await grpcSink();
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: sink.url,
      XDG_STATE_HOME: stateDir(),
      KF_CLUSTER_DELIVERY: delivery,
      KF_CLUSTER_LOG_FORMAT: 'json',
    };
    const { stdout, stderr } = await runNode([JOB, FORMS.bundled, 'goes-on'], env).done;
    t.is(stdout, 'result 2\n', stderr);
    const names = sink.spans.map(({ name }) => name).sort();
    t.deepEqual(names, ['behind', 'fetch', 'job', 'later', 'sum'], stderr);
    t.is(eventsIn(stderr, 'flushed', { ended: 5, exported: 5, rejected: 0, spooled: 0, dropped: 0 }).length, 1);
    await sink.close();
  });
}

test('a wrong setting rejects with its error, and nothing is run', async (t) => {
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'nonsense://x' };
  const { stdout } = await runNode([JOB, FORMS.bundled, 'works'], env).done;
  t.regex(stdout, /^rejected OTEL_INVALID /);
});

test('a second try after a failed set-up fails as well, and does not run without telemetry', async (t) => {
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'nonsense://x' };
  const { stdout } = await runNode([JOB, FORMS.bundled, 'again'], env).done;
  t.regex(stdout, /^first OTEL_INVALID\nrejected OTEL_INVALID /);
});

test('withSpan without a provider: results and errors pass, sync as sync; a missing function is told', async (t) => {
  t.is(
    withSpan('sync', () => 3),
    3,
  );
  t.is(await withSpan('async', async () => 4), 4);
  t.is(
    withSpan('options', { tracer: 'mine' }, (span) => trace.isSpanContextValid(span.spanContext())),
    false,
  );
  t.throws(() => withSpan('throws', () => raise()), { message: 'on purpose' });
  t.throws(() => withSpan('nothing', {}, undefined as never), { message: /needs a function/ });
});

function raise(): never {
  throw new Error('on purpose');
}

test('setRoute gives the request that is handled its route, and does nothing without one', (t) => {
  const request: RPCMetadata = { type: RPCType.HTTP, span: trace.wrapSpanContext(INVALID_SPAN_CONTEXT) };
  const manager = new AsyncLocalStorageContextManager().enable();
  context.setGlobalContextManager(manager);
  setRoute('/nowhere');
  context.with(setRPCMetadata(ROOT_CONTEXT, request), () => setRoute('/users/:id'));
  t.is(request.route, '/users/:id');
  context.disable();
});
