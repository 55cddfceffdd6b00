import test from 'ava';
import { fixture, kfCluster } from '../helpers/cluster.js';

for (const telemetry of [false, true]) {
  test(`messages of the app, with handles, reach the other side, and no others do: ${telemetry ? 'with' : 'without'} telemetry`, async (t) => {
    const flags = ['-w', '1', '--hooks', fixture('hooks/talks.mjs'), ...(telemetry ? [] : ['--no-telemetry'])];
    const cluster = kfCluster(t, ['start', fixture('apps/talks.cjs'), ...flags]);
    for (const got of [/^worker got "late"/, /^worker got .*early/, /^primary got .*kf-cluster/])
      await cluster.line(got);
    await cluster.line(/^primary got "with a server"/);
    cluster.kill('SIGTERM');
    t.is((await cluster.exit).code, 0);
    t.deepEqual(cluster.lines.filter((line) => / got /.test(line)).sort(), [
      'primary got "with a server" Server',
      'primary got {"kf-cluster":5} undefined',
      'worker got "late" undefined',
      'worker got {"early":true} Server',
    ]);
  });
}
