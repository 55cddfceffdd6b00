import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import net, { type AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import type { TransportConfig } from '../../../src/telemetry/outbox/index.js';
import { startSink } from '../../helpers/fault-sink.js';
import { makeCertificates, startSecureSink } from '../../helpers/secure-sink.js';
import { configFor, PATIENCE, rig, until } from '../../helpers/spool.js';

/** What is said of a collector that takes nothing, and what is to be done; nothing is lost. */
async function said(t: ExecutionContext, config: TransportConfig) {
  const { spool, emit, account, warnings, fixes } = rig(t, { config });
  emit('w', 5);
  t.false(await spool.flush(20_000));
  await until(() => warnings.length > 0);
  t.is(account().spooled + account().pending, 5);
  t.is(typeof account().held, 'string', 'asked again slowly, and told in status');
  return `${warnings[0]} | ${fixes[0]}`;
}

test('http/protobuf at the gRPC port', async (t) => {
  const sink = await startSink('grpc');
  t.teardown(sink.stop);
  const text = await said(t, configFor(`${sink.url}/v1/traces`, { protocol: 'http/protobuf' }));
  t.regex(text, /gRPC port, and the protocol is http \| Set OTEL_EXPORTER_OTLP_PROTOCOL=grpc/);
});

test('gRPC at the port of OTLP over HTTP', async (t) => {
  const sink = await startSink('http');
  t.teardown(sink.stop);
  const text = await said(t, configFor(sink.url));
  t.regex(text, /the protocol is grpc \| Set OTEL_EXPORTER_OTLP_PROTOCOL=http\/protobuf/);
});

test('https at a port without TLS, over both protocols', async (t) => {
  for (const kind of ['grpc', 'http'] as const) {
    const sink = await startSink(kind);
    t.teardown(sink.stop);
    const protocol = kind === 'grpc' ? 'grpc' : 'http/protobuf';
    const text = await said(t, configFor(sink.url.replace('http:', 'https:'), { protocol }));
    t.regex(text, /does not speak TLS/);
  }
});

test('http at a port of TLS, by gRPC', async (t) => {
  // What OpenSSL says to bytes that are none of TLS.
  const alert = Buffer.from('15030100020246', 'hex');
  const server = net.createServer((socket) =>
    socket.on('error', () => undefined).once('data', () => socket.end(alert)),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const text = await said(t, configFor(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
  t.regex(text, /it speaks TLS.* \| Begin OTEL_EXPORTER_OTLP_ENDPOINT with https/);
});

test('a collector that breaks HTTP/2 in its answer to each request, by gRPC', async (t) => {
  const aFrameOfNoStream = Buffer.from('00000100000000006300', 'hex');
  let taken = 0;
  const server = net.createServer((socket) => {
    socket.on('error', () => undefined);
    socket.write(Buffer.from('000000040000000000', 'hex'));
    socket.once('data', () => {
      taken++;
      socket.write(aFrameOfNoStream);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const text = await said(t, configFor(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
  t.regex(text, /broke HTTP\/2: .*: its answer cannot be read \| .*may arrive twice/);
  t.is(taken, 1, 'the next try is seconds away');
});

test('a private authority is named with its variable', async (t) => {
  const pem = makeCertificates();
  for (const kind of ['grpc', 'http'] as const) {
    const sink = await startSecureSink(t, { protocol: kind, pem });
    const protocol = kind === 'grpc' ? 'grpc' : 'http/protobuf';
    t.regex(await said(t, configFor(`https://${sink.address}`, { protocol })), /OTEL_EXPORTER_OTLP_CERTIFICATE/);
  }
});

test('a key that is refused: the names of the headers, never their values', async (t) => {
  const url = await answering(t, (response) => response.writeHead(401).end('{"error":"no such key"}'));
  const headers = { 'kf-api-key': 's3cret', 'x-tenant': 't3nant' };
  const text = await said(t, configFor(url, { protocol: 'http/protobuf', headers }));
  t.regex(text, /HTTP status 401: \{"error":"no such key"\}/);
  t.regex(text, /Check the value of kf-api-key, x-tenant in OTEL_EXPORTER_OTLP_HEADERS/);
  t.notRegex(text, /s3cret|t3nant/);
  t.regex(await said(t, configFor(url, { protocol: 'http/protobuf' })), /No header is sent/);
});

test('a redirect is no acknowledgement, and says where it points', async (t) => {
  const url = await answering(t, (response) => response.writeHead(302, { location: 'https://login.example/' }).end());
  t.regex(await said(t, configFor(url, { protocol: 'http/protobuf' })), /302: it points to https:\/\/login\.example/);
});

test('nobody at an endpoint that was never named: the ways out are', async (t) => {
  for (const protocol of ['grpc', 'http/protobuf'] as const) {
    const config = configFor('http://127.0.0.1:1', { protocol, endpointIsDefault: true });
    const { spool, emit, warnings, fixes } = rig(t, { config });
    emit('d', 1);
    t.false(await spool.flush(60_000, { othersSend: true }));
    t.regex(warnings[0]!, /^the collector takes nothing: .*ECONNREFUSED/);
    t.regex(fixes[0]!, /OTEL_EXPORTER_OTLP_ENDPOINT.*kf-cluster dev.*--no-telemetry/);
  }
});

test('a content that is refused: 200 bytes of what the collector says, escaped', async (t) => {
  const body = `bad \u001b[31mspan\n${'x'.repeat(500)}`;
  const url = await answering(t, (response) => response.writeHead(400, { 'content-type': 'text/plain' }).end(body));
  const { spool, emit, drops } = rig(t, { config: configFor(url, { protocol: 'http/protobuf' }) });
  emit('b', 1);
  t.true(await spool.flush(PATIENCE));
  t.true(drops[0]!.why.startsWith('HTTP status 400: bad \\x1b[31mspan\\x0axxx'), drops[0]!.why);
  t.true(drops[0]!.why.length < 250);
});

test('a google.rpc.Status in the body is read', async (t) => {
  const message = Buffer.from('span 3 has no id');
  const status = Buffer.concat([Buffer.from([0x08, 3, 0x12, message.length]), message]);
  const type = { 'content-type': 'application/x-protobuf' };
  const url = await answering(t, (response) => response.writeHead(400, type).end(status));
  const { spool, emit, drops } = rig(t, { config: configFor(url, { protocol: 'http/protobuf' }) });
  emit('b', 1);
  t.true(await spool.flush(PATIENCE));
  t.is(drops[0]?.why, 'HTTP status 400: span 3 has no id');
});

test('a partial success with a message and nothing rejected is a remark', async (t) => {
  const url = await answering(t, (response) =>
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end('{"partialSuccess":{"errorMessage":"attributes were cut"}}'),
  );
  const { spool, emit, account, warnings } = rig(t, {
    config: configFor(url, { protocol: 'http/json' }),
    encoding: 'json',
  });
  emit('m', 3);
  t.true(await spool.flush(PATIENCE));
  t.is(account().exported, 3);
  t.deepEqual(warnings, ['the collector took everything, and says: attributes were cut']);
});

async function answering(t: ExecutionContext, answer: (response: ServerResponse) => void): Promise<string> {
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () => answer(response));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`;
}
