import { join } from 'node:path';
import test from 'ava';
import { kfCluster } from '../helpers/cluster.js';
import { collector } from '../helpers/delivery.js';
import { get } from '../helpers/http.js';
import '../helpers/json-log.js';
import { freePort } from '../helpers/raw.js';
import { root } from '../helpers/run-node.js';

// Next makes spans of its own through the api: with ours a request has two of kind SERVER, and one by the setting that is named.

const APP = join(root, '.cache/frameworks/next');
const SCRIPT = join(APP, 'node_modules/next/dist/bin/next');

for (const { how, env, scopes } of [
  {
    how: 'by default, in one trace, with one warning that names the setting',
    env: {},
    scopes: ['kf-cluster/http', 'next.js'],
  },
  { how: 'with that setting', env: { OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'http' }, scopes: ['next.js'] },
]) {
  test.serial(`next start, ${how}: ${scopes.length} SERVER a request`, async (t) => {
    const { receiver, store } = await collector(t);
    const port = String(await freePort());
    const cluster = kfCluster(t, ['start', SCRIPT, '-w', '1', '--', 'start', '--hostname', '127.0.0.1'], {
      cwd: APP,
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.grpcUrl, PORT: port, ...env },
    });
    await cluster.line(/another SDK or agent .*"name":"next".*OTEL_NODE_DISABLED_INSTRUMENTATIONS=http/);
    t.is((await get(port, '/')).status, 200);
    cluster.kill('SIGTERM');
    t.is((await cluster.exit).code, 0);
    t.is(cluster.lines.filter((line) => line.includes('another SDK')).length, 1);
    const servers = store.spans().filter(({ kind }) => kind === 'server');
    t.deepEqual(servers.map(({ scope }) => scope.name).toSorted(), scopes);
    t.is(new Set(servers.map(({ traceId }) => traceId)).size, 1);
  });
}
