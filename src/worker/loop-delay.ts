import { monitorEventLoopDelay } from 'node:perf_hooks';

/** How often the loop is sampled, in milliseconds: ten short wake-ups a second in each worker, none per request. */
const RESOLUTION = 100;

/** How late the event loop was, in milliseconds. */
export interface LoopDelay {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export interface LoopDelayMonitor {
  /** Since it was read last. */
  read(): LoopDelay;
  stop(): void;
}

export function monitorLoopDelay(): LoopDelayMonitor {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION });
  histogram.enable();
  // The histogram holds the distance of two samples, which is the resolution when nothing is late.
  const late = (nanoseconds: number) => Math.max(0, Math.round((nanoseconds / 1e6 - RESOLUTION) * 100) / 100);
  return {
    read: () => {
      const none = histogram.count === 0;
      const delay = {
        p50: none ? 0 : late(histogram.percentile(50)),
        p99: none ? 0 : late(histogram.percentile(99)),
        max: none ? 0 : late(histogram.max),
      };
      histogram.reset();
      return delay;
    },
    stop: () => void histogram.disable(),
  };
}
