import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { readSettings } from '../../../src/otel-env/export-settings.js';
import { collectorOf } from '../../../src/telemetry/collector.js';
import { makeCertificates, startSecureSink, startUnixSink } from '../../helpers/secure-sink.js';
import { grpcClient, PATIENCE, type Rig, rig, tempDir, until } from '../../helpers/spool.js';

const pem = makeCertificates();
const CLIENT = {
  OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: pem('client'),
  OTEL_EXPORTER_OTLP_CLIENT_KEY: pem('client-key'),
};

for (const protocol of ['grpc', 'http/protobuf'] as const) {
  const sinkProtocol = protocol === 'grpc' ? 'grpc' : 'http';

  test(`${protocol}: a collector of a private authority, with gzip`, async (t) => {
    const sink = await startSecureSink(t, { protocol: sinkProtocol, pem });
    const { spool, emit } = pipeline(t, protocol, `https://${sink.address}`, {
      OTEL_EXPORTER_OTLP_CERTIFICATE: pem('ca'),
      OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
    });
    emit('s', 700);
    t.true(await spool.flush(PATIENCE));
    t.is(new Set(sink.names).size, 700);
    t.is(sink.encodings[0], 'gzip');
  });

  test(`${protocol}: a collector that asks for a client certificate`, async (t) => {
    const sink = await startSecureSink(t, { protocol: sinkProtocol, pem, mutual: true });
    const { spool, emit } = pipeline(t, protocol, `https://${sink.address}`, {
      // The signal's own form wins.
      OTEL_EXPORTER_OTLP_CERTIFICATE: pem('foreign'),
      OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE: pem('ca'),
      ...CLIENT,
    });
    emit('s', 10);
    t.true(await spool.flush(PATIENCE));
    t.is(sink.names.length, 10);
    t.is(sink.clients[0], 'client');
  });

  for (const [what, env, mutual, why] of [
    ['one of an authority that is not trusted', {}, false, /certificate/],
    [
      'one of another authority than the named one',
      { OTEL_EXPORTER_OTLP_CERTIFICATE: pem('foreign') },
      false,
      /certificate/,
    ],
    ['one that asks for a certificate we have not', { OTEL_EXPORTER_OTLP_CERTIFICATE: pem('ca') }, true, /./],
  ] as const) {
    test(`${protocol}: ${what} gets nothing, the spans wait, and the warning says why`, async (t) => {
      const sink = await startSecureSink(t, { protocol: sinkProtocol, pem, mutual });
      const { spool, emit, account, warnings } = pipeline(t, protocol, `https://${sink.address}`, env);
      emit('s', 10);
      t.false(await spool.flush(1));
      await until(() => warnings.length > 0);
      t.deepEqual(sink.names, []);
      t.is(account().exported, 0);
      t.is(account().spooled + account().pending, 10);
      t.regex(warnings[0] ?? '', why);
    });
  }
}

test('grpc: a unix socket, in both forms of its name', async (t) => {
  for (const scheme of ['unix:', 'unix://']) {
    const path = join(tempDir(t), 'otlp.sock');
    const names = await startUnixSink(t, path);
    const { spool, emit } = pipeline(t, 'grpc', `${scheme}${path}`, {});
    emit('s', 10);
    t.true(await spool.flush(PATIENCE));
    t.is(names.length, 10);
  }
});

test('a renewed certificate is used by the next connection', async (t) => {
  const sink = await startSecureSink(t, { protocol: 'grpc', pem });
  const file = join(tempDir(t), 'ca.pem');
  copyFileSync(pem('foreign'), file);
  const env = { OTEL_EXPORTER_OTLP_CERTIFICATE: file };
  const { spool, emit, warnings } = pipeline(t, 'grpc', `https://${sink.address}`, env);
  emit('s', 10);
  t.false(await spool.flush(1));
  await until(() => warnings.length > 0);
  copyFileSync(pem('ca'), file);
  t.true(await spool.flush(PATIENCE));
  t.is(sink.names.length, 10);
});

test('certificates that cannot be read, a key without its certificate and a unix socket over HTTP are refused at the start', (t) => {
  const refused = (env: Record<string, string>, expected: RegExp) => {
    const error = t.throws(() => collectorOf(env, 'traces', readSettings(env).targets.traces, {}));
    t.is((error as { code?: string }).code, 'OTEL_INVALID');
    t.regex(`${error.message} ${String((error as { why?: string }).why)}`, expected);
  };
  refused(
    { OTEL_EXPORTER_OTLP_CERTIFICATE: '/nowhere/ca.pem' },
    /OTEL_EXPORTER_OTLP_CERTIFICATE is "\/nowhere\/ca.pem"/,
  );
  refused({ OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY: pem('client-key') }, /CLIENT_CERTIFICATE/);
  refused({ OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: pem('client') }, /CLIENT_KEY/);
  refused({ OTEL_EXPORTER_OTLP_ENDPOINT: 'unix:/x.sock', OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf' }, /grpc/);
  refused({ OTEL_EXPORTER_OTLP_ENDPOINT: 'unix:' }, /path/);
});

function pipeline(t: ExecutionContext, protocol: string, endpoint: string, more: Record<string, string>): Rig {
  const env = { OTEL_EXPORTER_OTLP_PROTOCOL: protocol, OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, ...more };
  return rig(t, { config: collectorOf(env, 'traces', readSettings(env).targets.traces, {}, grpcClient()) });
}
