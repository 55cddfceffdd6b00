import type { MeterProvider } from '@opentelemetry/api';
import type { Instrumentation } from '@opentelemetry/instrumentation';
import { RuntimeNodeInstrumentation } from '@opentelemetry/instrumentation-runtime-node';
import { residentBytes } from '../../system/resident-memory.js';

/** `nodejs.eventloop.*` and `v8js.*`: event loop, garbage collection, heap. */
export function runtimeInstrumentation(): Instrumentation {
  return new RuntimeNodeInstrumentation();
}

/** `process.*`: CPU, memory and age of this process, under the names of the semantic conventions. */
export function measureProcess(provider: MeterProvider): void {
  const meter = provider.getMeter('kf-cluster');
  const description = 'Total CPU seconds broken down by different CPU modes.';
  meter.createObservableCounter('process.cpu.time', { unit: 's', description }).addCallback((result) => {
    const { user, system } = process.cpuUsage();
    result.observe(user / 1e6, { 'cpu.mode': 'user' });
    result.observe(system / 1e6, { 'cpu.mode': 'system' });
  });
  const share = 'CPU time since the last measurement, divided by the elapsed time; one CPU is 1.';
  const shareOf = cpuShare();
  meter.createObservableGauge('process.cpu.utilization', { unit: '1', description: share }).addCallback((result) => {
    const { user, system } = shareOf();
    result.observe(user, { 'cpu.mode': 'user' });
    result.observe(system, { 'cpu.mode': 'system' });
  });
  meter
    .createObservableUpDownCounter('process.memory.usage', { unit: 'By', description: 'Resident memory in use.' })
    .addCallback((result) => result.observe(residentBytes()));
  meter
    .createObservableGauge('process.uptime', { unit: 's', description: 'The time the process has been running.' })
    .addCallback((result) => result.observe(process.uptime()));
}

/** Since it was asked last, or since the start of the process. */
function cpuShare(): () => { user: number; system: number } {
  let at = performance.now() - process.uptime() * 1000;
  let then: NodeJS.CpuUsage = { user: 0, system: 0 };
  return () => {
    const now = performance.now();
    const usage = process.cpuUsage();
    const elapsed = Math.max(1, (now - at) * 1000);
    const share = { user: (usage.user - then.user) / elapsed, system: (usage.system - then.system) / elapsed };
    at = now;
    then = usage;
    return share;
  };
}
