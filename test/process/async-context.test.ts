import test from 'ava';
import { fixture, kfCluster } from '../helpers/cluster.js';

for (const [how, flags] of Object.entries({ traced: [], plain: ['--no-telemetry'] })) {
  test(`${how}: V8 sees through the class in which Node 24 carries async context`, async (t) => {
    const lookInside = '--node-args=--expose-internals --allow-natives-syntax';
    const job = [
      'start',
      fixture('apps/contexts.cjs'),
      '-w',
      '1',
      '--ready',
      'started',
      '--restart',
      'never',
      lookInside,
    ];
    const [, kind] = await kfCluster(t, [...job, ...flags]).line(/^contexts (.*)/);
    t.not(kind, 'slow');
  });
}
