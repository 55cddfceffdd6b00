import test from 'ava';
import { fixture, kfCluster } from '../helpers/cluster.js';

const WAYS = { traced: [], plain: ['--no-telemetry'], 'an ES module': ['--node-args=--import data:text/javascript,1'] };

for (const [how, flags] of Object.entries(WAYS)) {
  test(`${how}: a worker holds one of the objects that Node makes for its ticks`, async (t) => {
    const job = ['start', fixture('apps/kept-tick.cjs'), '-w', '1', '--ready', 'started', '--restart', 'never'];
    const [, kind] = await kfCluster(t, [...job, ...flags]).line(/^tick (\w+)/);
    t.is(kind, 'good');
  });
}
