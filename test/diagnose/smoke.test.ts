import test from 'ava';
import { kf } from '../helpers/cli.js';
import { startSink } from '../helpers/fault-sink.js';
import { allSignals } from '../helpers/signals.js';
import { write } from './set-up.js';

test('smoke: 0 and the trace id when the collector has acknowledged a span', async (t) => {
  const { receiver, spans } = await allSignals(t);
  const dir = write(t, {});
  const env = { HOME: dir, OTEL_EXPORTER_OTLP_ENDPOINT: receiver.grpcUrl };
  const { code, stdout, stderr } = await kf(['smoke', 'app.js'], dir, env);
  t.is(code, 0, stderr);
  t.is(spans.length, 1);
  t.regex(stdout, new RegExp(`^acknowledged by http://127.* trace ${spans[0]!.traceId}, service shop`));
});

test('smoke: not 0 for a collector that is down, refuses the key, fails or rejects the span', async (t) => {
  const sink = await startSink('http');
  t.teardown(() => sink.stop());
  const dir = write(t, {});
  const env = { HOME: dir, OTEL_EXPORTER_OTLP_ENDPOINT: sink.url, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf' };
  const run = () => kf(['smoke', 'app.js'], dir, env);
  sink.answer = () => ({ type: 'http', status: 401 });
  const refused = await run();
  t.is(refused.code, 69);
  t.regex(refused.stderr, /refuses the key: HTTP status 401/);
  sink.answer = () => ({ type: 'http', status: 500 });
  t.is((await run()).code, 69);
  sink.answer = () => ({ type: 'partial', rejected: 1 });
  t.regex((await run()).stderr, /rejected 1 of 1/);
  await sink.stop();
  t.regex((await run()).stderr, /nobody answers/);
});

test('smoke: settings that send nothing are an error', async (t) => {
  const dir = write(t, {});
  t.regex((await kf(['smoke', 'app.js', '--no-telemetry'], dir, { HOME: dir })).stderr, /no telemetry is sent/);
  t.regex(
    (await kf(['smoke', 'app.js'], dir, { HOME: dir, OTEL_TRACES_EXPORTER: 'none' })).stderr,
    /no spans are sent/,
  );
  t.is((await kf(['smoke', 'app.js'], dir, { HOME: dir, OTEL_TRACES_SAMPLER: 'never' })).code, 78);
});
