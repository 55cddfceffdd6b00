import test from 'ava';
import { fixture, kfCluster } from '../helpers/cluster.js';
import '../helpers/json-log.js';
import { get } from '../helpers/http.js';
import { isHere, node24 } from '../helpers/nodes.js';
import { freePort } from '../helpers/raw.js';

const START = ['start', fixture('apps/http.cjs'), '-w', '2', '--no-telemetry', '--scheduling', 'reuseport'];

for (const kind of ['any port', 'a port of its own']) {
  test(`reuseport: all workers serve on ${kind}, also after a reload`, async (t) => {
    const node = node24();
    if (!isHere(t, node)) return;
    const wanted = kind === 'any port' ? 0 : await freePort();
    const cluster = kfCluster(t, START, { env: { PORT: `${wanted}` }, node });
    const first = await cluster.lineTimes(/^listening (\d+)/, 2);
    await cluster.ready(2);
    cluster.kill('SIGHUP');
    const all = await cluster.lineTimes(/^listening (\d+)/, 4);
    await cluster.event('reload-done', { generation: 2 });
    const ports = new Set([...first, ...all].map(([, port]) => port));
    t.is(ports.size, 1);
    for (const port of ports) t.is((await get(port ?? '')).status, 200);
    cluster.kill('SIGTERM');
    t.is((await cluster.exit).code, 0);
  });
}
