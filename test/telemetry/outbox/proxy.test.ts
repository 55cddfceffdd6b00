import test from 'ava';
import { readSettings } from '../../../src/otel-env/export-settings.js';
import { collectorOf } from '../../../src/telemetry/collector.js';
import { startSink } from '../../helpers/fault-sink.js';
import { startProxy } from '../../helpers/proxy.js';
import { makeCertificates, startSecureSink } from '../../helpers/secure-sink.js';
import { PATIENCE, rig, until } from '../../helpers/spool.js';

const pem = makeCertificates();

function configOf(env: Record<string, string>) {
  return collectorOf(env, 'traces', readSettings(env).targets.traces, {});
}

for (const protocol of ['grpc', 'http/protobuf'] as const) {
  const kind = protocol === 'grpc' ? 'grpc' : 'http';

  test(`${protocol}: a plain collector behind a proxy that wants a user`, async (t) => {
    const sink = await startSink(kind);
    t.teardown(sink.stop);
    const proxy = await startProxy(t);
    const config = configOf({
      OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://collector.example:${sink.port}`,
      HTTP_PROXY: proxy.url.replace('//', '//me:p%40ss@'),
    });
    const { spool, emit, account } = rig(t, { config });
    emit('p', 700);
    t.true(await spool.flush(PATIENCE));
    t.is(sink.spans.size, 700);
    t.is(account().exported, 700);
    const line = `collector.example:${sink.port}`;
    t.is(proxy.asked[0], protocol === 'grpc' ? `CONNECT ${line}` : `POST http://${line}/v1/traces`);
    t.is(proxy.authorizations[0], `Basic ${Buffer.from('me:p@ss').toString('base64')}`);
  });

  test(`${protocol}: TLS to the collector goes through the proxy, and is verified`, async (t) => {
    const sink = await startSecureSink(t, { protocol: kind, pem });
    const proxy = await startProxy(t);
    const endpoint = `https://localhost.example:${sink.address.split(':')[1]}`;
    const env = {
      OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
      HTTPS_PROXY: proxy.url,
      OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    };
    const wrong = rig(t, { config: configOf(env) });
    wrong.emit('p', 5);
    t.false(await wrong.spool.flush(20_000));
    t.deepEqual(sink.names, []);
    t.regex(wrong.warnings[0]!, /certificate/);
  });

  test(`${protocol}: connections that the proxy cuts lose nothing`, async (t) => {
    const sink = await startSink(kind);
    t.teardown(sink.stop);
    const proxy = await startProxy(t);
    const config = configOf({
      OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://collector.example:${sink.port}`,
      ALL_PROXY: proxy.url,
    });
    const { spool, emit, account } = rig(t, { config });
    for (let round = 0; round < 5; round++) {
      emit(`c${round}-`, 100);
      t.true(await spool.flush(PATIENCE));
      proxy.cut();
    }
    t.is(sink.spans.size, 500);
    t.is(account().exported, 500);
  });
}

test('a proxy that refuses the tunnel is named, and asked again slowly', async (t) => {
  const proxy = await startProxy(t, { refuse: 403 });
  const config = configOf({ OTEL_EXPORTER_OTLP_ENDPOINT: 'https://collector.example:4317', HTTPS_PROXY: proxy.url });
  const { spool, emit, account, warnings, fixes } = rig(t, { config });
  emit('r', 5);
  t.false(await spool.flush(20_000));
  await until(() => warnings.length > 0);
  t.regex(warnings[0]!, /the proxy 127\.0\.0\.1:\d+ refused collector\.example:4317: HTTP status 403/);
  t.regex(fixes[0]!, /NO_PROXY/);
  t.is(proxy.asked.length, 1);
  t.is(account().spooled + account().pending, 5);
});
