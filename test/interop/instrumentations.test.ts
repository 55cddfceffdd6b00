import test from 'ava';
import { kfCluster } from '../helpers/cluster.js';
import { collector } from '../helpers/delivery.js';
import { get } from '../helpers/http.js';
import '../helpers/json-log.js';
import { hasRedis, startRedis } from '../helpers/redis.js';
import { injected, project, startPostgres } from './tools.js';

const EXPRESS = '@opentelemetry/instrumentation-express';

test('the operator injects a NodeSDK: one SERVER span a request, named by its route, one instance id a worker', async (t) => {
  const { receiver, store } = await collector(t);
  const cluster = kfCluster(t, ['start', project(t, 'express.cjs', ['express']), '-w', '2'], {
    env: {
      NODE_OPTIONS: `--require ${injected('operator.cjs')}`,
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.grpcUrl,
      OTEL_SERVICE_NAME: 'shop',
      OTEL_RESOURCE_ATTRIBUTES: 'service.instance.id=ns.pod.container,k8s.pod.name=pod',
    },
  });
  await cluster.event('injected-sdk', { stays: false });
  await cluster.line(/telemetry attached.*"protocol":"grpc".*auto\(\d\d\)/);
  const [, port = ''] = await cluster.line(/^listening (\d+)/);
  await cluster.ready(2);
  const answers = await Promise.all(Array.from({ length: 50 }, () => get(port, '/users/7')));
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
  const spans = store.spans();
  const servers = spans.filter(({ kind }) => kind === 'server');
  t.is(servers.length, 50);
  t.true(servers.every(({ name }) => name === 'GET /users/:id'));
  t.true(
    spans.some(({ scope }) => scope.name === EXPRESS),
    'by the packages beside the preload',
  );
  const { workers, duplicates } = store.counts();
  t.is(duplicates, 0);
  t.is(workers.length, new Set(answers.map(({ body }) => body.split(' ')[1])).size);
});

test('auto-instrumentations-node/register is replaced by its own instrumentations and our SDK, over http/protobuf', async (t) => {
  const { receiver, store } = await collector(t);
  const AUTO = '@opentelemetry/auto-instrumentations-node';
  const script = project(t, 'express.cjs', ['express', AUTO]);
  const cluster = kfCluster(t, ['start', script, '-w', '1'], {
    cwd: script.replace(/\/[^/]*$/, ''),
    env: { NODE_OPTIONS: `--require ${AUTO}/register`, OTEL_EXPORTER_OTLP_ENDPOINT: receiver.httpUrl },
  });
  await cluster.event('injected-sdk', { stays: false, protocol: 'http/protobuf' });
  const [, port = ''] = await cluster.line(/^listening (\d+)/);
  await cluster.ready(1);
  await get(port, '/users/7');
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
  t.deepEqual(
    store
      .spans()
      .filter(({ kind }) => kind === 'server')
      .map(({ name }) => name),
    ['GET /users/:id'],
  );
});

for (const [title, app, packages, name] of [
  ['@fastify/otel names the spans of fastify by their routes', 'fastify.cjs', ['fastify', '@fastify/otel'], 'fastify'],
  ['a CommonJS script that imports an ES module is instrumented', 'imports.cjs', ['express', EXPRESS], 'express'],
] as const) {
  test(title, async (t) => {
    const { receiver, store } = await collector(t);
    const cluster = kfCluster(t, ['start', project(t, app, packages), '-w', '1'], {
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.grpcUrl },
    });
    await cluster.line(new RegExp(`telemetry attached.*,${name}\\b`));
    const [, port = ''] = await cluster.line(/^listening (\d+)/);
    await cluster.ready(1);
    await get(port, '/users/7');
    cluster.kill('SIGTERM');
    t.is((await cluster.exit).code, 0);
    const servers = store.spans().filter(({ kind }) => kind === 'server');
    t.deepEqual(
      servers.map((span) => [span.name, span.attributes['http.route']]),
      [['GET /users/:id', '/users/:id']],
    );
  });
}

test('an SDK that the app sets up itself: one warning with the way out, and one SERVER span a request', async (t) => {
  const { receiver, store } = await collector(t);
  const script = project(t, 'own-sdk.cjs', ['express', '@opentelemetry/sdk-node', EXPRESS]);
  const cluster = kfCluster(t, ['start', script, '-w', '2'], {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.grpcUrl },
  });
  const [, port = ''] = await cluster.line(/^listening (\d+)/);
  await cluster.line(/another SDK or agent is in this process.*"@opentelemetry\/sdk-node".*--telemetry=auto/);
  await get(port, '/users/7');
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
  t.is(cluster.lines.filter((line) => line.includes('another SDK')).length, 1);
  t.is(store.spans().filter(({ kind }) => kind === 'server').length, 1);
});

test('CLIENT spans of PostgreSQL and Redis, below the request; @prisma/instrumentation is loaded', async (t) => {
  const pg = await startPostgres(t);
  if (!pg) return;
  if (!hasRedis()) return t.log('no redis-server here: apt-get install redis-server');
  const redis = await startRedis(t);
  const { receiver, store } = await collector(t);
  const names = ['pg', 'redis', '@opentelemetry/instrumentation-pg', '@opentelemetry/instrumentation-redis'];
  const script = project(t, 'databases.cjs', [...names, '@prisma/instrumentation']);
  const cluster = kfCluster(
    t,
    ['start', script, '-w', '1', '--instrumentations', '{"pg":{"enhancedDatabaseReporting":true}}'],
    {
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.grpcUrl, PG_URL: pg, REDIS_URL: `redis://127.0.0.1:${redis}` },
    },
  );
  await cluster.line(/telemetry attached.*pg,redis,prisma/);
  const [, port = ''] = await cluster.line(/^listening (\d+)/);
  await cluster.ready(1);
  t.is((await get(port)).body, '42 1');
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
  const spans = store.spans();
  const server = spans.find(({ kind }) => kind === 'server')!;
  const below = spans.filter(({ traceId, kind }) => traceId === server.traceId && kind === 'client');
  const systems = below.map(({ attributes }) => attributes['db.system.name'] ?? attributes['db.system']);
  t.deepEqual(systems.toSorted(), ['postgresql', 'redis', 'redis']);
  t.true(
    below.some(({ attributes }) => JSON.stringify(Object.values(attributes).map(String)).includes('41')),
    'settings',
  );
});
