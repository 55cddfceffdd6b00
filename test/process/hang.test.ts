import test from 'ava';
import { startReceiver } from '../../src/dev/receiver.js';
import { fixture, kfCluster } from '../helpers/cluster.js';
import '../helpers/json-log.js';
import { get } from '../helpers/http.js';
import { receiverPorts } from '../helpers/raw.js';
import { createStore } from '../helpers/span-store.js';

const HOOKS = ['--hooks', fixture('hooks/all.mjs')];

// The stack is read in the last fifth of the timeout: of 5 s that is a second, on a machine that others load too.
test('a blocked worker is replaced; the log and a span of its successor name the blocking function', async (t) => {
  const store = createStore();
  const receiver = await startReceiver({ ...(await receiverPorts()), onTraces: (spans) => void store.add(spans) });
  t.teardown(() => receiver.close());
  const cluster = kfCluster(t, ['start', fixture('apps/blocks.cjs'), '-w', '1', '--hang-timeout', '5s', ...HOOKS], {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.grpcUrl },
  });
  const [, port = ''] = await cluster.line(/^listening (\d+)/);
  get(port, '/block').catch((error) => t.is(error.code, 'ECONNRESET'));
  await cluster.line(/^hook onWorkerExit 0 null SIGKILL hang/);
  t.regex(
    String(cluster.events('worker-blocked')[0]?.frames),
    /^spin \(.*blocks\.cjs:\d+|^at spin \(.*blocks\.cjs:\d+/,
  );
  await cluster.lineTimes(/^hook onWorkerReady 0/, 2);
  const [, again] = await cluster.lineTimes(/^listening (\d+)/, 2); // port 0: the last worker took the first one along
  t.is((await get(again?.[1] ?? '')).body, 'ok');
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
  const span = store.spans().find(({ name }) => name === 'kf.worker.hang');
  t.is(span?.status.code, 'error');
  t.regex(String(span?.attributes['code.stacktrace']), /at spin \(.*blocks\.cjs/);
  t.is(span?.attributes['kf.worker.exit.reason'], 'hang');
});

test('with --hang-timeout 0 a blocked worker is left alone until it is stopped', async (t) => {
  const cluster = kfCluster(t, [
    ...['start', fixture('apps/blocks.cjs'), '-w', '2', '--hang-timeout', '0', '--no-telemetry'],
    ...['--drain-timeout', '100ms', '--flush-timeout', '100ms'],
  ]);
  const [, port = ''] = await cluster.line(/^listening (\d+)/);
  await cluster.ready(2);
  get(port, '/block').catch((error) => t.is(error.code, 'ECONNRESET'));
  await cluster.line(/^blocking/);
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
  t.deepEqual(cluster.events('worker-blocked'), []);
});

test('with --no-hang-stack a blocked worker is replaced too, without its stack', async (t) => {
  const cluster = kfCluster(t, [
    ...['start', fixture('apps/blocks.cjs'), '-w', '2', '--hang-timeout', '1s', '--no-hang-stack', '--no-telemetry'],
    ...['--hooks', fixture('hooks/all.mjs')],
  ]);
  const [, port = ''] = await cluster.line(/^listening (\d+)/);
  await cluster.ready(2);
  get(port, '/block').catch((error) => t.is(error.code, 'ECONNRESET'));
  await cluster.line(/^hook onWorkerExit \d null SIGKILL hang/);
  await cluster.lineTimes(/^hook onWorkerReady/, 3);
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
});
