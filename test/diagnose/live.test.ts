import test from 'ava';
import { fixture } from '../helpers/cluster.js';
import { session } from '../helpers/control.js';
import '../helpers/json-log.js';
import { allSignals } from '../helpers/signals.js';

test('doctor --live: a supervisor that runs well has no finding; one that does not run is 3', async (t) => {
  const { receiver } = await allSignals(t);
  const { start, run } = session(t);
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.grpcUrl };
  const one = start(['start', fixture('apps/http.cjs'), '-w', '2', '--name', 'lives'], { env });
  await one.ready(2);
  const { code, stdout, stderr } = await run('doctor', '--live', 'lives', '--json');
  t.is(code, 0, stderr);
  t.deepEqual(JSON.parse(stdout).findings, []);
  one.kill('SIGTERM');
  await one.exit;
  t.is((await run('doctor', '--live', 'lives')).code, 3);
});
