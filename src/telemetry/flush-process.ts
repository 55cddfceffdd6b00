import { randomUUID } from 'node:crypto';
import { text } from 'node:stream/consumers';
import type { FlushBoot } from '../config/boot-messages.js';
import { createLog } from '../contract/log.js';
import { eventLog } from '../contract/log-events.js';
import { otlpSignals, readSettings } from '../otel-env/export-settings.js';
import { readAppPackage } from './app-package.js';
import { openSpool } from './delivery.js';
import { SIGNALS } from './outbox/index.js';
import { recordLifecycle } from './record-lifecycle.js';
import { createResource } from './resource.js';
import { createSampler } from './sampler.js';

// Run by the primary when its last worker is gone: sends what the workers left in the spool, and ends.
const boot = JSON.parse(await text(process.stdin)) as FlushBoot;
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
  const spool = openSpool(process.env, settings.targets, boot, log, refused);
  process.once('exit', () => {
    spool.drainSync();
    spool.close();
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(0));
  recordLifecycle(boot.lifecycle, {
    resource: createResource(
      { ...boot, instanceId: randomUUID(), pid: process.pid },
      readAppPackage(boot.script, boot.projectDirs),
      process.env,
    ),
    sampler: createSampler(process.env),
    spanProcessors: settings.exporters.traces.includes('otlp') ? [spool.processor] : [],
  });
  if (boot.ms === 0) process.exit(0);
  await spool.recover(boot.workers);
  const sent = Promise.all([spool.flush(boot.ms), spool.idle(boot.ms)]);
  await Promise.race([sent, refusal]);
  spool.drainSync();
  for (const signal of SIGNALS) {
    const { exported, spooled } = spool.account(signal);
    const name = { traces: 'spans', logs: 'log records', metrics: 'metrics' }[signal];
    if (exported + spooled === 0) continue;
    eventLog(log, 'late-flush', { signal, exported, spooled }).info(
      `sent ${exported} ${name} for which no worker was left, ${spooled} wait for the next start`,
    );
  }
  process.exit(0);
}
