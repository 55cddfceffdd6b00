import type { EventLoopUtilization, IntervalHistogram } from 'node:perf_hooks';

/** How often the loop is sampled while there is work, in milliseconds: the timer costs a wake-up each time. */
const RESOLUTION = 50;
/** How often it is looked whether there is work, in milliseconds. */
const LOOK_EVERY = 5_000;
/** The share of a core that the process of a loop with work takes. */
const BUSY_CPU = 0.01;
/** The share of its time in which a loop with work does not wait; much, for a machine that is short of cores adds to it. */
const BUSY_LOOP = 0.2;

/** How late the event loop was. */
interface LoopDelayMonitor {
  /** In milliseconds, since `reset`, or the start. */
  p99(): number;
  reset(): void;
}

/**
 * Samples the loop only while there is work: from the next request on, or once the loop has been busy with anything else, until
 * five seconds have passed with neither. Time without work counts as samples that were not late, so that the figures are those
 * of a sampling that never rests.
 *
 * @param onNextRequest calls back once, at the next request that begins
 */
export function monitorLoopDelay(onNextRequest: (callback: () => void) => void): LoopDelayMonitor {
  let samples: IntervalHistogram | undefined;
  const isBusy = watchUse();
  let requested = false;
  let restsSince: number | undefined = performance.now();
  let restedMs = 0;
  const rested = () => restedMs + (restsSince === undefined ? 0 : performance.now() - restsSince);
  const work = () => {
    if (restsSince === undefined) return;
    restedMs = rested();
    restsSince = undefined;
    samples ??= perfHooks().monitorEventLoopDelay({ resolution: RESOLUTION });
    samples.enable();
  };
  const rest = () => {
    if (restsSince !== undefined) return;
    samples?.disable();
    restsSince = performance.now();
  };
  const request = () => {
    requested = true;
    if (samples) work();
    else setImmediate(work); // behind the answer, as a rule
  };
  onNextRequest(request);
  setInterval(() => {
    if (isBusy() || requested) work();
    else rest();
    if (requested) onNextRequest(request);
    requested = false;
  }, LOOK_EVERY).unref();
  return {
    p99: () => {
      const quiet = rested() / RESOLUTION;
      const count = samples?.count ?? 0;
      const rank = 0.99 * (quiet + count) - quiet;
      if (!samples || rank <= 0 || count === 0) return 0;
      // What is measured is the time between two ticks: the tick itself is no delay.
      return Math.max(0, samples.percentile((rank / count) * 100) / 1e6 - RESOLUTION);
    },
    reset: () => {
      samples?.reset();
      restedMs = 0;
      if (restsSince !== undefined) restsSince = performance.now();
    },
  };
}

/** Not at the start of a worker, which would pay 3 ms for it. */
function perfHooks(): typeof import('node:perf_hooks') {
  return process.getBuiltinModule('node:perf_hooks');
}

/** Whether the process had work since it was asked last. */
function watchUse(): () => boolean {
  let loop: EventLoopUtilization | undefined;
  let cpu: NodeJS.CpuUsage | undefined; // to look at it now would cost a worker's start 3 ms
  return () => {
    const { eventLoopUtilization } = perfHooks().performance;
    const { utilization, active, idle } = loop ? eventLoopUtilization(loop) : eventLoopUtilization();
    const { user, system } = process.cpuUsage(cpu);
    loop = eventLoopUtilization();
    cpu = process.cpuUsage();
    return utilization > BUSY_LOOP || (user + system) / 1_000 > BUSY_CPU * (active + idle);
  };
}
