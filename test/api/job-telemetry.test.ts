import { trace } from '@opentelemetry/api';
import test from 'ava';
import { withSpan, withTelemetry } from '../../src/api/tracing.js';
import { KfError } from '../../src/contract/errors.js';
import { startReceiver } from '../../src/dev/receiver.js';
import { privateDir } from '../helpers/cluster.js';
import { receiverPorts } from '../helpers/raw.js';
import { createStore } from '../helpers/span-store.js';

// One after the other, in one process: that is what each test is about.

const { env } = process;

test.serial('in a worker the telemetry is that of its supervisor: the function alone runs', async (t) => {
  env.KF_WORKER_SLOT = '0';
  env.OTEL_EXPORTER_OTLP_ENDPOINT = 'nonsense://x';
  t.is(await withTelemetry(() => 3), 3);
  delete env.KF_WORKER_SLOT;
  t.false(withSpan('nobody', (span) => trace.isSpanContextValid(span.spanContext())));
});

test.serial('a wrong setting rejects each time, and the function is not run without telemetry', async (t) => {
  env.OTEL_EXPORTER_OTLP_ENDPOINT = 'nonsense://x';
  for (let i = 0; i < 2; i++) {
    const error = await t.throwsAsync(
      withTelemetry(() => t.fail()),
      { instanceOf: KfError },
    );
    t.is(error.code, 'OTEL_INVALID');
  }
});

test.serial(
  'mended, the next call sets up: when it resolves its spans have arrived, and no second one sets up',
  async (t) => {
    const store = createStore();
    const receiver = await startReceiver({ ...(await receiverPorts()), onTraces: (spans) => void store.add(spans) });
    t.teardown(() => receiver.close());
    const state = privateDir(t);
    Object.assign(env, { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.grpcUrl, XDG_STATE_HOME: state });
    Object.assign(env, { OTEL_SERVICE_NAME: 'job', KF_CLUSTER_LOG_LEVEL: 'error' });
    const names = () => store.spans().map(({ name }) => name);
    const thrown = new Error('at the end');
    const failed = withTelemetry(async () => {
      await withSpan('job', async () => withSpan('step', () => undefined));
      t.is(await withTelemetry(() => 'inner'), 'inner');
      throw thrown;
    });
    t.is(await t.throwsAsync(failed), thrown, 'what the function throws, behind the flush');
    t.deepEqual(names().sort(), ['job', 'step']);
    t.is(await withTelemetry(() => withSpan('later', () => 5)), 5);
  },
);
