import test from 'ava';
import { kfCluster } from '../helpers/cluster.js';
import { collector, inRepo, portOf } from '../helpers/example.js';
import { get } from '../helpers/http.js';
import '../helpers/json-log.js';

test.serial('hooks: all ten run, and the provider that postFork registered delivers every span', async (t) => {
  const { store, env } = await collector(t);
  const cluster = kfCluster(t, ['start', inRepo('examples/hooks/app.cjs')], { env });
  const port = await portOf(cluster, 2);
  await cluster.line(/^onReady workers=2/);
  cluster.kill('SIGTTIN');
  await cluster.event('worker-ready', { slot: 2 });
  cluster.kill('SIGTTOU');
  await cluster.line(/^onWorkerExit slot=2 .*reason=scale/);
  cluster.kill('SIGHUP');
  await cluster.line(/^onReload generation=2 outcome=done/);
  const answers = await Promise.all(Array.from({ length: 20 }, () => get(port)));
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);

  t.true(answers.every(({ body }) => /^shard-\d\n$/.test(body)));
  for (const line of [
    /^onStarting kf-cluster workers=2/,
    /^preFork slot=1 generation=1/,
    /"msg":"postFork".*"slot":1.*"shard":"shard-1"/,
    /"msg":"onWorkerReady".*"slot":1/,
    /^onScale from=2 to=3/,
    /^onReload generation=2 outcome=started/,
    /"msg":"preShutdown".*"slot":0.*"reason":"stop","seconds":\d+/,
    /^onWorkerExit slot=0 code=0 signal=null reason=reload/,
    /^onExit code=0/,
  ]) {
    t.true(
      cluster.lines.some((said) => line.test(said)),
      String(line),
    );
  }
  const spans = store.spans();
  t.is(spans.filter((span) => span.kind === 'server').length, 20);
  t.is(spans.filter((span) => span.name === 'look up').length, 20);
  t.true(spans.every((span) => span.resource.attributes['service.name'] === 'hooks-example'));
});
