// A supervisor in your own program:  node examples/programmatic/main.mjs
// This process is the primary: it must not load the app or an OpenTelemetry SDK.
import { join } from 'node:path';
import { cluster } from 'kf-cluster';

const supervisor = cluster.setup({
  script: join(import.meta.dirname, 'worker.mjs'),
  workers: 2,
  telemetry: process.env.OTEL_EXPORTER_OTLP_ENDPOINT !== undefined,
});

supervisor.on('notification', (notification) => {
  if (notification.type === 'worker-ready') console.log(`worker ${notification.slot} is ready`);
  if (notification.type === 'worker-exit') console.log(`worker ${notification.slot} ended: ${notification.reason}`);
});

// setup() with a script traps no signal: this program decides what ends it. (`await using` works too: it stops at the
// end of its block.)
process.once('SIGTERM', async () => {
  await supervisor.stop();
  console.log('stopped');
});

await supervisor.start();
console.log(`started ${describe()}`);

await supervisor.scale(3);
console.log(`scaled to ${supervisor.status().target}`);

function describe() {
  const { target, phase } = supervisor.status();
  return `${target} workers, ${phase}`;
}
