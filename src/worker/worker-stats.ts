import type { WorkerStats } from '../contract/messages.js';
import { residentBytes } from '../system/resident-memory.js';
import type { WorkerContext } from './boot/worker-context.js';
import { monitorLoopDelay } from './hang/loop-delay.js';
import type { Servers } from './servers/track-servers.js';

/** Figures cover this long at least, in milliseconds, so that a second look sees more than the first one's echo. */
const WINDOW = 60_000;

/** Measures this worker; the figures are put together only when somebody asks. */
export function createStats(
  servers: Servers,
  { account, instrumentations }: Pick<WorkerContext, 'account' | 'instrumentations'>,
): () => WorkerStats {
  const delay = monitorLoopDelay(servers.onNextRequest);
  // The first window begins with the process: to look at its CPU time now would cost its start 3 ms.
  let since = 0;
  let cpuThen = 0;
  return () => {
    const now = performance.now();
    const cpuNow = cpuSeconds();
    const { connections, inFlight } = servers.open();
    const spans = account();
    const instrumented = instrumentations();
    const stats: WorkerStats = {
      requests: servers.requests(),
      inFlight,
      connections,
      loopDelayP99: delay.p99(),
      cpu: ((cpuNow - cpuThen) * 1_000) / Math.max(1, now - since),
      cpuSeconds: cpuNow,
      rss: residentBytes(),
      ...(spans && { spans }),
      ...(instrumented.length > 0 && { instrumentations: instrumented }),
    };
    if (now - since >= WINDOW) {
      delay.reset();
      since = now;
      cpuThen = cpuNow;
    }
    return stats;
  };
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
