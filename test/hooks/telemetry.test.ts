import test from 'ava';
import { telemetry } from '../../hooks/telemetry.js';
import { createWorkerContext } from '../../src/worker/boot/worker-context.js';
import { workerBoot } from '../worker/worker-boot.js';

Object.assign(process.env, { OTEL_TRACES_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none' });

test('a lifecycle span that cannot be recorded fails alone: the next one is recorded, and the flush is made', async (t) => {
  const { worker, account } = createWorkerContext(workerBoot({ logLevel: 'silent' }));
  const hooks = telemetry({ autoInstrumentation: false });
  await hooks.postFork?.(worker);
  t.truthy(account());
  await t.throwsAsync(async () => hooks.onLifecycle?.(worker, [{ name: 'x' } as never]));
  const good = { traceId: '1'.repeat(32), spanId: '2'.repeat(16), name: 'y', start: 1, end: 2, attributes: {} };
  await t.notThrowsAsync(async () => hooks.onLifecycle?.(worker, [{ ...good, events: [], children: [] } as never]));
  await t.notThrowsAsync(async () =>
    hooks.preShutdown?.(worker, { reason: 'stop', deadline: performance.now() + 1_000 }),
  );
});
