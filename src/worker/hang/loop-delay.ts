import { Delays } from './delays.js';

/** How often the loop is sampled while there is work, in milliseconds: the timer costs a wake-up each time. */
const RESOLUTION = 50;
/** How often it is looked whether there is work, in milliseconds. */
const LOOK_EVERY = 5_000;
/** The share of a core that the process of a loop with work takes. */
const BUSY_CPU = 0.01;
/** So late, in milliseconds, is a look where something holds the loop up without the processor: a disk, another program. */
const HELD_UP = 20;

/** How late the event loop was. */
interface LoopDelayMonitor {
  /** In milliseconds, since `reset`, or the start. */
  p99(): number;
  reset(): void;
}

/**
 * Samples the loop only while there is work: from the next request on, or once the loop has been busy with anything else, until
 * five seconds have passed with neither. Time without work counts as samples that were not late, so that the figures are those
 * of a sampling that never rests. Without node:perf_hooks, whose modules and histogram are 800 kB of a worker's memory.
 *
 * @param onNextRequest calls back once, at the next request that begins
 */
export function monitorLoopDelay(onNextRequest: (callback: () => void) => void): LoopDelayMonitor {
  const samples = createSamples();
  const isBusy = watchUse();
  let requested = false;
  let restsSince: number | undefined = performance.now();
  let restedMs = 0;
  const rested = () => restedMs + (restsSince === undefined ? 0 : performance.now() - restsSince);
  const work = () => {
    if (restsSince === undefined) return;
    restedMs = rested();
    restsSince = undefined;
    samples.start();
  };
  const rest = () => {
    if (restsSince !== undefined) return;
    samples.stop();
    restsSince = performance.now();
  };
  const request = () => {
    requested = true;
    work();
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
      const { count } = samples.delays;
      const rank = 0.99 * (quiet + count) - quiet;
      return rank <= 0 || count === 0 ? 0 : samples.delays.atRank(rank);
    },
    reset: () => {
      samples.delays.clear();
      restedMs = 0;
      if (restsSince !== undefined) restsSince = performance.now();
    },
  };
}

/** A timer, and how late it came each time. */
function createSamples() {
  const delays = new Delays();
  let timer: NodeJS.Timeout | undefined;
  return {
    delays,
    start: () => {
      let last = performance.now();
      timer ??= setInterval(() => {
        const now = performance.now();
        delays.add(now - last - RESOLUTION);
        last = now;
      }, RESOLUTION).unref();
    },
    stop: () => {
      clearInterval(timer);
      timer = undefined;
    },
  };
}

/** Whether the process had work since it was asked last. */
function watchUse(): () => boolean {
  let since = performance.now();
  let cpu: NodeJS.CpuUsage | undefined; // to look at it now would cost a worker's start 3 ms
  return () => {
    const now = performance.now();
    const { user, system } = process.cpuUsage(cpu);
    const passed = now - since;
    since = now;
    cpu = process.cpuUsage();
    return hadWork(passed, (user + system) / 1_000);
  };
}

/** @param passed since the look before, `cpu` the processor time meanwhile, both in milliseconds */
export function hadWork(passed: number, cpu: number): boolean {
  return passed > LOOK_EVERY + HELD_UP || cpu > BUSY_CPU * passed;
}
