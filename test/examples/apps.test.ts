import test from 'ava';
import { kfCluster } from '../helpers/cluster.js';
import { collector, inRepo, portOf } from '../helpers/example.js';
import { get } from '../helpers/http.js';

test.serial(
  'dice: each roll is a span below its request, a failure carries its exception and its status',
  async (t) => {
    const { store, env } = await collector(t);
    const cluster = kfCluster(t, ['start', inRepo('examples/dice/app.js'), '-w', '2'], { env });
    const port = await portOf(cluster, 2);
    t.regex((await get(port, '/rolldice?player=Ada')).body, /^[1-6]\n$/);
    t.regex((await get(port, '/rolldice?rolls=3')).body, /^[1-6] [1-6] [1-6]\n$/);
    t.is((await get(port, '/rolldice?rolls=0')).status, 400);
    t.is((await get(port, '/fail')).status, 500);
    cluster.kill('SIGTERM');
    t.is((await cluster.exit).code, 0);

    const spans = store.spans();
    const servers = spans.filter((span) => span.kind === 'server');
    const rolls = spans.filter((span) => span.name === 'roll');
    t.is(servers.length, 4);
    t.is(rolls.length, 4);
    for (const roll of rolls) {
      t.true(servers.some((server) => server.spanId === roll.parentSpanId && server.traceId === roll.traceId));
      t.regex(String(roll.attributes['dice.value']), /^[1-6]$/);
    }
    t.true(servers.some((server) => server.attributes['dice.player'] === 'Ada'));
    const lost = spans.find((span) => span.name === 'lose');
    t.is(lost?.status.code, 'error');
    t.is(lost?.events[0]?.attributes['exception.message'], 'the dice fell off the table');
    t.true(spans.every((span) => span.resource.attributes['service.name'] === 'dice'));
  },
);

for (const name of ['express', 'fastify', 'koa']) {
  test.serial(`${name}: one SERVER span a request, named after the app's package`, async (t) => {
    const { store, env } = await collector(t);
    const cluster = kfCluster(t, ['start', inRepo(`examples/${name}/app.js`), '-w', '2'], { env });
    const port = await portOf(cluster, 2);
    t.regex((await get(port)).body, /"worker":"[01]"/);
    t.is((await get(port, '/users/7')).body, '{"id":"7"}');
    t.is((await get(port, '/fail')).status, 500);
    cluster.kill('SIGTERM');
    t.is((await cluster.exit).code, 0);
    const servers = store.spans().filter((span) => span.kind === 'server');
    t.deepEqual(servers.map((span) => span.attributes['http.response.status_code']).sort(), [200, 200, 500]);
    t.true(servers.every((span) => span.resource.attributes['service.name'] === `${name}-example`));
  });
}

test.serial('esm: named imports are instrumented, and calls by fetch and http.get carry the trace on', async (t) => {
  const { store, env } = await collector(t);
  const cluster = kfCluster(t, ['start', inRepo('examples/esm/app.js'), '-w', '1'], { env });
  const port = await portOf(cluster, 1);
  t.is((await get(port, '/twice')).body, 'fetch said: worker 0\n');
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
  const spans = store.spans();
  t.deepEqual(spans.map((span) => span.kind).sort(), ['client', 'client', 'server', 'server', 'server']);
  t.is(new Set(spans.map((span) => span.traceId)).size, 1);
});

test.serial('propagation: a trace goes on through a queue, by inject and extract', async (t) => {
  const { store, env } = await collector(t);
  const cluster = kfCluster(t, ['start', inRepo('examples/propagation/app.js'), '-w', '1'], { env });
  const port = await portOf(cluster, 1);
  t.is((await get(port)).body, 'queued\n');
  await store.waitFor(() => store.spans().some(({ kind }) => kind === 'consumer'));
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
  const of = (kind: string) => store.spans().find((span) => span.kind === kind);
  t.is(of('producer')?.parentSpanId, of('server')?.spanId);
  t.is(of('consumer')?.parentSpanId, of('producer')?.spanId);
  t.is(of('consumer')?.traceId, of('server')?.traceId);
});
