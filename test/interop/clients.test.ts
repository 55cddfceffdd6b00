import test, { type ExecutionContext } from 'ava';
import { kfCluster } from '../helpers/cluster.js';
import { collector } from '../helpers/delivery.js';
import { get } from '../helpers/http.js';
import '../helpers/json-log.js';
import { startMariadb, startRabbit, startS3 } from './servers.js';
import { project } from './tools.js';

/** What instruments them takes time to load. */
const SLOW = ['--boot-timeout', '2m', '--hang-timeout', '2m'];

/** One worker of an app, the answers to some requests, and all spans. @param seen a line to wait for behind them */
async function run(
  t: ExecutionContext,
  app: string,
  { packages, env = {}, paths = ['/'], seen }: Parts,
): Promise<{ bodies: string[]; spans: ReturnType<Awaited<ReturnType<typeof collector>>['store']['spans']> }> {
  const { receiver, store } = await collector(t);
  const cluster = kfCluster(t, ['start', project(t, app, packages), '-w', '1', ...SLOW], {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.grpcUrl, ...env },
  });
  const [, port = ''] = await cluster.line(/^listening (\d+)/);
  await cluster.ready(1);
  const bodies: string[] = [];
  for (const path of paths) bodies.push((await get(port, path)).body);
  if (seen) await cluster.line(seen);
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0, cluster.stderr());
  return { bodies, spans: store.spans() };
}

interface Parts {
  readonly packages: readonly string[];
  readonly env?: Record<string, string>;
  readonly paths?: readonly string[];
  readonly seen?: RegExp;
}

test('MariaDB by mysql2: a CLIENT span below the request, with database, statement and peer', async (t) => {
  const port = await startMariadb(t);
  if (port === undefined) return;
  const { bodies, spans } = await run(t, 'mysql.cjs', {
    packages: ['mysql2', '@opentelemetry/instrumentation-mysql2'],
    env: { MYSQL_PORT: String(port), OTEL_SEMCONV_STABILITY_OPT_IN: 'database' },
  });
  t.deepEqual(bodies, ['42']);
  const server = spans.find(({ kind }) => kind === 'server')!;
  const query = spans.find(({ kind, traceId }) => kind === 'client' && traceId === server.traceId)!;
  t.is(query.parentSpanId, server.spanId);
  t.is(query.attributes['db.system.name'], 'mysql');
  t.regex(String(query.attributes['db.query.text']), /SELECT 41 \+ \?/);
  t.is(query.attributes['server.port'], port);
  t.is(query.attributes['server.address'], '127.0.0.1');
});

test('RabbitMQ by amqplib: a PRODUCER span below the request, and its CONSUMER in the same trace', async (t) => {
  const url = await startRabbit(t);
  if (url === undefined) return;
  const { bodies, spans } = await run(t, 'queue.cjs', {
    packages: ['amqplib', '@opentelemetry/instrumentation-amqplib'],
    env: { AMQP_URL: url },
    seen: /^consumed 7/,
  });
  t.deepEqual(bodies, ['queued']);
  const server = spans.find(({ kind }) => kind === 'server')!;
  const producer = spans.find(({ kind }) => kind === 'producer')!;
  const consumer = spans.find(({ kind }) => kind === 'consumer')!;
  t.is(producer.parentSpanId, server.spanId);
  t.is(consumer.traceId, server.traceId);
  t.is(consumer.parentSpanId, producer.spanId);
  t.is(producer.attributes['messaging.system'], 'rabbitmq');
  t.false(JSON.stringify(spans.map(({ attributes }) => attributes)).includes('guest:guest'), 'no password');
});

test('the AWS SDK against a server of S3: its spans below the request, with service, operation and bucket', async (t) => {
  const { bodies, spans } = await run(t, 's3.cjs', {
    packages: ['@aws-sdk/client-s3', '@opentelemetry/instrumentation-aws-sdk'],
    env: { S3_URL: await startS3(t) },
  });
  t.deepEqual(bodies, ['tea']);
  const server = spans.find(({ kind }) => kind === 'server')!;
  const calls = spans.filter(({ attributes }) => attributes['rpc.service'] === 'S3');
  t.deepEqual(
    calls.map(({ attributes }) => attributes['rpc.method']),
    ['PutObject', 'GetObject'],
  );
  for (const call of calls) {
    t.is(call.parentSpanId, server.spanId);
    t.is(call.attributes['aws.s3.bucket'], 'shop');
    t.is(call.attributes['cloud.region'], 'eu-central-1');
  }
});

test('gRPC by @grpc/grpc-js: client and server are one trace below the request, a failed call is an error', async (t) => {
  const { bodies, spans } = await run(t, 'grpc.cjs', {
    packages: ['@grpc/grpc-js', '@grpc/proto-loader', '@opentelemetry/instrumentation-grpc'],
    paths: ['/7', '/8'],
  });
  t.deepEqual(bodies, ['tea', 'none']);
  const calls = spans.filter(({ name }) => name === 'grpc.shop.Orders/Find');
  t.deepEqual(calls.map(({ kind }) => kind).toSorted(), ['client', 'client', 'server', 'server']);
  const requests = spans.filter(({ attributes }) => attributes['url.path'] !== undefined);
  t.is(requests.length, 2);
  for (const request of requests) {
    const [client, server] = ['client', 'server'].map(
      (kind) => calls.find((span) => span.traceId === request.traceId && span.kind === kind)!,
    );
    t.is(client!.parentSpanId, request.spanId);
    t.is(server!.parentSpanId, client!.spanId);
    t.is(client!.attributes['rpc.service'], 'shop.Orders');
    t.is(client!.attributes['rpc.grpc.status_code'], request.attributes['url.path'] === '/7' ? 0 : 5);
  }
});

for (const maker of ['upstream', 'builtin']) {
  test(`Hono: setRoute names the SERVER spans by their routes, also of a router below another, ${maker}`, async (t) => {
    const { bodies, spans } = await run(t, 'hono.mjs', {
      packages: ['hono', '@hono/node-server', 'kf-cluster'],
      env: { KF_CLUSTER_HTTP_INSTRUMENTATION: maker },
      paths: ['/users/7', '/', '/orders/1/items/2'],
    });
    t.deepEqual(bodies, ['7', 'home', '2']);
    t.deepEqual(
      spans.map(({ name, attributes }) => [name, attributes['http.route']]),
      [
        ['GET /users/:id', '/users/:id'],
        ['GET /', '/'],
        ['GET /orders/:order/items/:item', '/orders/:order/items/:item'],
      ],
    );
  });
}
