import test from 'ava';
import { startSink } from '../helpers/fault-sink.js';
import { makeCertificates } from '../helpers/secure-sink.js';
import { configFor, rig, until } from '../helpers/spool.js';
import { has, startGrpcio, startHaproxy, startNginx } from './tools.js';

const CLIENTS = ['builtin', 'upstream'] as const;

for (const grpcClient of CLIENTS) {
  test(`${grpcClient}: a receiver on Python's grpcio gets every span once, whole`, async (t) => {
    const receiver = await startGrpcio(t);
    if (!receiver) return;
    for (const compression of ['none', 'gzip'] as const) {
      const config = configFor(`http://127.0.0.1:${receiver.port}`, { grpcClient, compression });
      const { spool, emit } = rig(t, { config });
      emit(compression, 1000);
      t.true(await spool.flush(30_000));
    }
    await until(() => receiver.names().length >= 2000);
    t.is(new Set(receiver.names()).size, 2000);
    t.is(receiver.names().length, 2000);
  });

  test(`${grpcClient}: nginx that ends each connection after five requests (GOAWAY) loses and doubles nothing`, async (t) => {
    if (!has(t, 'nginx', 'nginx')) return;
    const sink = await startSink('grpc');
    t.teardown(sink.stop);
    const port = await startNginx(
      t,
      `server { listen 127.0.0.1:PORT http2; keepalive_requests 5;
        location / { grpc_pass grpc://127.0.0.1:${sink.port}; } }`,
    );
    const { spool, emit, account } = rig(t, { config: configFor(`http://127.0.0.1:${port}`, { grpcClient }) });
    for (let round = 0; round < 23; round++) {
      emit(`g${round}-`, 10);
      t.true(await spool.flush(30_000));
    }
    t.is(account().exported, 230);
    t.is(sink.spans.size, 230);
    t.true([...sink.spans.values()].every((times) => times === 1));
  });

  test(`${grpcClient}: haproxy in front, and a collector behind it that goes and comes`, async (t) => {
    if (!has(t, 'haproxy', 'haproxy')) return;
    const sink = await startSink('grpc');
    t.teardown(sink.stop);
    const port = await startHaproxy(
      t,
      `frontend otlp\n  bind 127.0.0.1:PORT proto h2\n  default_backend collector
backend collector\n  server one 127.0.0.1:${sink.port} proto h2\n`,
    );
    const { spool, emit, account } = rig(t, { config: configFor(`http://127.0.0.1:${port}`, { grpcClient }) });
    emit('a', 100);
    t.true(await spool.flush(30_000));
    await sink.stop();
    emit('b', 100);
    t.false(await spool.flush(500));
    await sink.start();
    t.true(await spool.flush(30_000));
    t.is(account().exported, 200);
    t.is(sink.spans.size, 200);
  });
}

test('nginx: TLS to a private authority, over gRPC and HTTP/1.1', async (t) => {
  if (!has(t, 'nginx', 'nginx')) return;
  const pem = makeCertificates();
  for (const protocol of ['grpc', 'http/protobuf'] as const) {
    const sink = await startSink(protocol === 'grpc' ? 'grpc' : 'http');
    t.teardown(sink.stop);
    const pass = protocol === 'grpc' ? 'grpc_pass grpc' : 'proxy_pass http';
    const port = await startNginx(
      t,
      `server { listen 127.0.0.1:PORT ssl http2; ssl_certificate ${pem('server')}; ssl_certificate_key ${pem('server-key')};
        location / { ${pass}://127.0.0.1:${sink.port}; } }`,
    );
    const url = `https://127.0.0.1:${port}${protocol === 'grpc' ? '' : '/v1/traces'}`;
    const { spool, emit } = rig(t, { config: configFor(url, { protocol, tls: { caFile: pem('ca') } }) });
    emit('t', 50);
    t.true(await spool.flush(30_000));
    t.is(sink.spans.size, 50);
  }
});

test('nginx: 401 and 404 are held, 413 is split, 429 and 502 are tried again, over HTTP', async (t) => {
  if (!has(t, 'nginx', 'nginx')) return;
  const sink = await startSink('http');
  t.teardown(sink.stop);
  const port = await startNginx(
    t,
    `server { listen 127.0.0.1:PORT;
      location /401 { return 401 "no such key"; }
      location /404 { return 404; }
      location /413/ { client_max_body_size 4k; proxy_pass http://127.0.0.1:${sink.port}/; }
      location /429 { return 429; }
      location /502 { proxy_pass http://127.0.0.1:1; } }`,
  );
  const at = (path: string) => {
    const made = rig(t, { config: configFor(`http://127.0.0.1:${port}${path}`, { protocol: 'http/protobuf' }) });
    made.emit('n', 200);
    return made;
  };
  for (const [path, said] of [
    ['/401', /HTTP status 401: no such key/],
    ['/404', /HTTP status 404/],
  ] as const) {
    const { spool, account, warnings } = at(path);
    t.false(await spool.flush(30_000));
    t.regex(account().held!, said);
    t.regex(warnings[0]!, said);
  }
  const split = at('/413/v1/traces');
  t.true(await split.spool.flush(30_000));
  t.is(split.account().exported, 200);
  t.is(sink.spans.size, 200);
  for (const path of ['/429', '/502']) {
    const { spool, account, warnings } = at(path);
    t.false(await spool.flush(300));
    t.is(account().spooled + account().pending, 200);
    t.is(account().held, undefined);
    t.regex(warnings[0]!, new RegExp(`HTTP status ${path.slice(1)}`));
  }
});
