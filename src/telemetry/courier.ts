import { COURIER_ENV, type CourierBoot } from '../ipc/messages.js';
import { createLog } from '../log.js';
import { openSpool } from './delivery.js';
import { readSettings } from './settings.js';

// Run by the primary when its last worker is gone: sends what the workers left in the spool, and ends.
const boot = JSON.parse(process.env[COURIER_ENV] ?? '') as CourierBoot;
const log = createLog({
  format: boot.logFormat,
  level: boot.logLevel,
  color: boot.color,
  label: 'kf-cluster',
  sink: (line) => void process.stderr.write(line),
});
const settings = readSettings(process.env);
if (!settings.disabled && settings.exporters.includes('otlp')) await deliver();

async function deliver(): Promise<void> {
  // A collector that refuses one request is not asked again: the next start has more time than a stop.
  let refused: () => void = () => undefined;
  const refusal = new Promise<void>((resolve) => {
    refused = resolve;
  });
  const spool = openSpool(process.env, settings.otlp, boot, log, refused);
  process.once('exit', () => {
    spool.drainSync();
    spool.close();
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(0));
  const { items } = await spool.adopt();
  if (items > 0) await Promise.race([spool.idle(boot.ms), refusal]);
  const { exported, spooled } = spool.account('traces');
  if (items > 0)
    log.info(`sent ${exported} spans that workers had left in the spool, ${spooled} wait for the next start`);
  process.exit(0);
}
