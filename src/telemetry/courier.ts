import { COURIER_ENV, type CourierBoot } from '../ipc/messages.js';
import { createLog } from '../log.js';
import { openSpool } from './delivery.js';
import { otlpSignals, readSettings } from './settings.js';
import { SIGNALS } from './spool/index.js';

// Run by the primary when its last worker is gone: sends what the workers left in the spool, and ends.
const boot = JSON.parse(process.env[COURIER_ENV] ?? '') as CourierBoot;
const log = createLog({
  format: boot.logFormat,
  level: boot.logLevel,
  color: boot.color,
  label: 'kf-cluster',
  sink: (line) => void process.stderr.write(line),
});
const settings = readSettings(process.env, boot);
if (otlpSignals(settings).length > 0) await deliver();

async function deliver(): Promise<void> {
  // A collector that refuses one request is not asked again: the next start has more time than a stop.
  let refused: () => void = () => undefined;
  const refusal = new Promise<void>((resolve) => {
    refused = resolve;
  });
  const spool = openSpool(boot.name, process.env, settings.targets, boot, log, refused);
  process.once('exit', () => {
    spool.drainSync();
    spool.close();
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(0));
  const { items } = await spool.adopt();
  if (items > 0) await Promise.race([spool.idle(boot.ms), refusal]);
  for (const signal of SIGNALS) {
    const { adopted, exported, spooled } = spool.account(signal);
    const name = { traces: 'spans', logs: 'log records', metrics: 'metrics' }[signal];
    if (adopted === 0) continue;
    log.info(`sent ${exported} ${name} that workers had left in the spool, ${spooled} wait for the next start`);
  }
  process.exit(0);
}
