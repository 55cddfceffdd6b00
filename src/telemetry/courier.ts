import { randomUUID } from 'node:crypto';
import { text } from 'node:stream/consumers';
import type { CourierBoot } from '../ipc/messages.js';
import { createLog } from '../log.js';
import { readAppPackage } from './app.js';
import { openSpool } from './delivery.js';
import { recordLifecycle } from './lifecycle.js';
import { createResource } from './resource.js';
import { createSampler } from './sampler.js';
import { readSettings } from './settings.js';

// Run by the primary when its last worker is gone: sends what the workers left in the spool, and ends.
const boot = JSON.parse(await text(process.stdin)) as CourierBoot;
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
  recordLifecycle(boot.lifecycle, {
    resource: createResource(
      { ...boot, instanceId: randomUUID(), pid: process.pid },
      readAppPackage(boot.script),
      process.env,
    ),
    sampler: createSampler(process.env),
    spanProcessors: [spool.processor],
  });
  if (boot.ms === 0) process.exit(0);
  await spool.adopt(boot.workers);
  const sent = Promise.all([spool.flush(boot.ms), spool.idle(boot.ms)]);
  await Promise.race([sent, refusal]);
  spool.drainSync();
  const { exported, spooled } = spool.account('traces');
  if (exported + spooled > 0)
    log.info(`sent ${exported} spans for which no worker was left, ${spooled} wait for the next start`);
  process.exit(0);
}
