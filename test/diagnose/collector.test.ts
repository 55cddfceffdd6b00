import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import net, { type AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { runChecks } from '../../src/diagnose/check.js';
import { COLLECTOR_CHECKS } from '../../src/diagnose/collector/collector-checks.js';
import { probeCollector } from '../../src/diagnose/collector/collector-probe.js';
import { startSink } from '../helpers/fault-sink.js';
import { makeCertificates, startSecureSink } from '../helpers/secure-sink.js';
import { allSignals } from '../helpers/signals.js';

const HTTP = { OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf' };

/** What takes as long as it takes on a busy machine; a probe that hangs ends with the test. In milliseconds. */
const PATIENT = { allMs: 100_000, stepMs: 50_000 };

/** What the probe finds, `test-span` included. */
async function findings(env: Record<string, string>, limits = PATIENT) {
  const probed = await probeCollector({ env, captureLogs: undefined, headersFile: undefined, service: 'shop', limits });
  return runChecks(COLLECTOR_CHECKS, probed);
}

const idsOf = (found: Awaited<ReturnType<typeof findings>>) => found.map(({ id }) => id).sort();

/** Where nothing else listens at 4317 and 4318. */
const ALONE = '127.44.0.9';

/** Listens on a free port of the loopback until the test ends. */
async function listen(t: ExecutionContext, server: net.Server, host = '127.0.0.1'): Promise<number> {
  server.listen(0, host);
  await once(server, 'listening');
  t.teardown(() => server.close());
  return (server.address() as AddressInfo).port;
}

for (const [protocol, env] of [
  ['grpc', {}],
  ['http/protobuf', HTTP],
  ['http/json', { OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' }],
] as const) {
  test(`${protocol}: a test item of each signal arrives, and is told with its id`, async (t) => {
    const all = await allSignals(t);
    const url = protocol === 'grpc' ? all.receiver.grpcUrl : all.receiver.httpUrl;
    const found = await findings({
      ...{ ...env, OTEL_EXPORTER_OTLP_ENDPOINT: url },
      ...{ OTEL_METRICS_EXPORTER: 'otlp', OTEL_LOGS_EXPORTER: 'otlp' },
    });
    t.deepEqual(idsOf(found), ['test-span', 'test-span', 'test-span'], JSON.stringify(found, undefined, 2));
    t.is(all.spans.length, 1);
    t.is(all.spans[0]!.name, 'kf-cluster doctor');
    t.true(found.some(({ why }) => why.includes(all.spans[0]!.traceId)));
    t.is(all.metrics.length, 1);
    t.is(all.logs.length, 1);
  });
}

test('gRPC to a port of HTTP: the right pair is named', async (t) => {
  const sink = await startSink('http');
  t.teardown(() => sink.stop());
  const url = new URL(sink.url).origin;
  const found = await findings({ OTEL_EXPORTER_OTLP_ENDPOINT: url });
  t.deepEqual(idsOf(found), ['protocol-swapped'], JSON.stringify(found));
  t.regex(
    found[0]!.fix,
    new RegExp(`OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf and OTEL_EXPORTER_OTLP_ENDPOINT=${url}$`),
  );
});

test('HTTP to a port of gRPC: the right pair is named', async (t) => {
  const sink = await startSink('grpc');
  t.teardown(() => sink.stop());
  const found = await findings({ ...HTTP, OTEL_EXPORTER_OTLP_ENDPOINT: sink.url });
  t.deepEqual(idsOf(found), ['protocol-swapped']);
  t.regex(found[0]!.fix, new RegExp(`OTEL_EXPORTER_OTLP_PROTOCOL=grpc and OTEL_EXPORTER_OTLP_ENDPOINT=${sink.url}`));
});

test('a web server is no collector', async (t) => {
  const port = await listen(
    t,
    http.createServer((_, response) => response.setHeader('content-type', 'text/html').end('<p>')),
    ALONE,
  );
  const found = await findings({ ...HTTP, OTEL_EXPORTER_OTLP_ENDPOINT: `http://${ALONE}:${port}` });
  t.deepEqual(idsOf(found), ['not-a-collector'], JSON.stringify(found));
});

test('a path that is not there is told', async (t) => {
  const server = http.createServer((request, response) => {
    response.writeHead(request.url === '/otlp/v1/traces' ? 200 : 404).end();
  });
  const port = await listen(t, server, ALONE);
  const found = await findings({ ...HTTP, OTEL_EXPORTER_OTLP_ENDPOINT: `http://${ALONE}:${port}` });
  t.deepEqual(idsOf(found), ['not-a-collector']);
  t.regex(found[0]!.why, /HTTP status 404/);
  t.deepEqual(idsOf(await findings({ ...HTTP, OTEL_EXPORTER_OTLP_ENDPOINT: `http://${ALONE}:${port}/otlp` })), [
    'test-span',
  ]);
});

for (const status of [401, 403]) {
  test(`HTTP ${status}: the header is named, its value is not`, async (t) => {
    const sink = await startSink('http');
    t.teardown(() => sink.stop());
    sink.answer = () => ({ type: 'http', status });
    const found = await findings({
      ...HTTP,
      OTEL_EXPORTER_OTLP_ENDPOINT: sink.url,
      OTEL_EXPORTER_OTLP_HEADERS: 'kf-api-key=f00dface',
    });
    t.deepEqual(idsOf(found), ['collector-refuses-key']);
    t.regex(found[0]!.why, /kf-api-key/);
    t.false(JSON.stringify(found).includes('f00dface'));
  });
}

test('gRPC UNAUTHENTICATED without a header: what to set is named', async (t) => {
  const sink = await startSink('grpc');
  t.teardown(() => sink.stop());
  sink.answer = () => ({ type: 'grpc', code: 16 });
  const found = await findings({ OTEL_EXPORTER_OTLP_ENDPOINT: sink.url });
  t.deepEqual(idsOf(found), ['collector-refuses-key']);
  t.regex(found[0]!.why, /no header is sent/);
});

test('a collector that is overloaded, and one that rejects what is in the request', async (t) => {
  const sink = await startSink('http');
  t.teardown(() => sink.stop());
  sink.answer = () => ({ type: 'http', status: 503 });
  const env = { ...HTTP, OTEL_EXPORTER_OTLP_ENDPOINT: sink.url };
  t.deepEqual(idsOf(await findings(env)), ['collector-refuses-request']);
  sink.answer = () => ({ type: 'partial', rejected: 1 });
  t.deepEqual(idsOf(await findings(env)), ['collector-rejects-items']);
});

test('nobody listens, and a host has no address', async (t) => {
  const server = net.createServer();
  const port = await listen(t, server);
  server.close();
  await once(server, 'close');
  const found = await findings({ OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` });
  t.deepEqual(idsOf(found), ['collector-unreachable']);
  t.regex(found[0]!.what, /ECONNREFUSED/);
  t.regex(found[0]!.next!, new RegExp(`nc -zv 127.0.0.1 ${port}`));
  t.deepEqual(idsOf(await findings({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector.invalid:4317' })), [
    'collector-name',
  ]);
});

test('a collector whose clock is wrong', async (t) => {
  const server = http.createServer((request, response) => {
    response.setHeader('date', new Date(Date.now() - 3_600_000).toUTCString());
    request.resume().once('end', () => response.end());
  });
  const port = await listen(t, server);
  const found = await findings({ ...HTTP, OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` });
  t.deepEqual(idsOf(found), ['clock-skew', 'test-span']);
  t.regex(found.find(({ id }) => id === 'clock-skew')!.what, /3600 s behind|3[56]\d\d s behind/);
});

const pem = makeCertificates();

for (const protocol of ['grpc', 'http'] as const) {
  const env = protocol === 'http' ? HTTP : {};

  test(`TLS, ${protocol}: an unknown authority, and the right one`, async (t) => {
    const sink = await startSecureSink(t, { protocol, pem });
    const at = { ...env, OTEL_EXPORTER_OTLP_ENDPOINT: `https://${sink.address}` };
    const found = await findings(at);
    t.deepEqual(idsOf(found), ['tls-chain'], JSON.stringify(found));
    t.regex(found[0]!.fix, /OTEL_EXPORTER_OTLP_CERTIFICATE/);
    const good = idsOf(await findings({ ...at, OTEL_EXPORTER_OTLP_CERTIFICATE: pem('ca') }));
    t.deepEqual(
      good.filter((id) => id !== 'tls-expires'),
      ['test-span'],
    );
  });

  test(`TLS, ${protocol}: a client certificate is asked for`, async (t) => {
    const sink = await startSecureSink(t, { protocol, pem, mutual: true });
    const at = {
      ...env,
      OTEL_EXPORTER_OTLP_ENDPOINT: `https://${sink.address}`,
      OTEL_EXPORTER_OTLP_CERTIFICATE: pem('ca'),
    };
    t.deepEqual(
      idsOf(await findings(at)).filter((id) => id !== 'tls-expires'),
      ['tls-client-certificate'],
    );
  });

  test(`TLS, ${protocol}: https to a plain port, http to one of TLS`, async (t) => {
    const plain = await startSink(protocol);
    t.teardown(() => plain.stop());
    t.deepEqual(idsOf(await findings({ ...env, OTEL_EXPORTER_OTLP_ENDPOINT: plain.url.replace('http:', 'https:') })), [
      'tls-plain',
    ]);
    const secure = await startSecureSink(t, { protocol, pem });
    t.deepEqual(idsOf(await findings({ ...env, OTEL_EXPORTER_OTLP_ENDPOINT: `http://${secure.address}` })), [
      'tls-needed',
    ]);
  });
}

test('TLS: a certificate for another name, one that has expired, and a port without HTTP/2', async (t) => {
  const dir = pem('ca').replace(/\/[^/]*$/, '');
  const make = (name: string, ...more: string[]) => {
    const files = ['-keyout', `${dir}/${name}-key.pem`, '-out', `${dir}/${name}.pem`];
    execFileSync(
      'openssl',
      ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', `/CN=${name}`, ...files, ...more],
      { stdio: 'pipe' },
    );
    return { key: readFileSync(`${dir}/${name}-key.pem`), cert: readFileSync(`${dir}/${name}.pem`) };
  };
  const san = (text: string) => ['-addext', `subjectAltName=${text}`];
  const other = await listen(t, http2.createSecureServer(make('other', '-days', '90', ...san('DNS:other.example'))));
  const at = (port: number, ca: string) => ({
    OTEL_EXPORTER_OTLP_ENDPOINT: `https://127.0.0.1:${port}`,
    OTEL_EXPORTER_OTLP_CERTIFICATE: `${dir}/${ca}.pem`,
  });
  const found = await findings(at(other, 'other'));
  t.deepEqual(idsOf(found), ['tls-name'], JSON.stringify(found));
  t.regex(found[0]!.why, /other\.example/);
  const old = await listen(t, http2.createSecureServer(makeExpired(dir)));
  t.deepEqual(idsOf(await findings(at(old, 'old'))), ['tls-expired']);
  const http1 = await listen(t, https.createServer(make('http1', '-days', '90', ...san('IP:127.0.0.1'))));
  // HTTP/2 gets no answer there, whatever the patience.
  const limits = { allMs: 20_000, stepMs: 5_000 };
  t.true(idsOf(await findings(at(http1, 'http1'), limits)).includes('tls-alpn'));
});

/** By `openssl ca`, the one command that takes both dates in every version. */
function makeExpired(dir: string) {
  const config =
    '[ca]\ndefault_ca=d\n[d]\ndatabase=index\nnew_certs_dir=.\nserial=serial\ndefault_md=sha256\npolicy=p\nx509_extensions=e\n[p]\ncommonName=supplied\n[e]\nsubjectAltName=IP:127.0.0.1\n';
  writeFileSync(`${dir}/ca.conf`, config);
  writeFileSync(`${dir}/index`, '');
  writeFileSync(`${dir}/serial`, '01\n');
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: dir, stdio: 'pipe' });
  openssl(
    'req',
    '-new',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-subj',
    '/CN=old',
    '-keyout',
    'old-key.pem',
    '-out',
    'old.csr',
  );
  const dates = ['-startdate', '20200101000000Z', '-enddate', '20210101000000Z'];
  openssl(
    'ca',
    '-batch',
    '-selfsign',
    '-notext',
    '-config',
    'ca.conf',
    '-keyfile',
    'old-key.pem',
    '-in',
    'old.csr',
    '-out',
    'old.pem',
    ...dates,
  );
  return { key: readFileSync(`${dir}/old-key.pem`), cert: readFileSync(`${dir}/old.pem`) };
}
