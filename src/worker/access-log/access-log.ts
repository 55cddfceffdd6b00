import type { WorkerBoot } from '../../config/boot-messages.js';
import type { Log } from '../../contract/log.js';
import { eventLog } from '../../contract/log-events.js';
import type { WorkerFile } from '../boot/worker-files.js';
import { observe } from '../node-internals/emitters.js';
import type { Servers } from '../servers/track-servers.js';
import { Lines } from './access-lines.js';
import { clientAddresses } from './client-address.js';
import { followHttp1 } from './follow-http1.js';
import { followHttp2 } from './follow-http2.js';
import { type Renderer, renderer } from './render-line.js';
import type { Served } from './served.js';
import { openTarget } from './target.js';

/** How long a request may wait for others until its line is written, in milliseconds, and how many do. */
const DELAY = 100;
const BATCH = 256;

/**
 * Writes a line for each request of this worker that is over. Each worker writes by itself: the primary has no part in any
 * request, and its end would lose the lines.
 *
 * @throws KfError LOG_FILE, CONFIG_INVALID
 */
export function openAccessLog(
  path: string,
  boot: WorkerBoot,
  servers: Pick<Servers, 'onListening' | 'onBegin'>,
  log: Log,
): WorkerFile {
  const json = boot.accessLogFormat === 'json';
  const target = openTarget(path, {
    gap: (lines, why) =>
      json
        ? `${JSON.stringify({ missing_lines: lines, why, slot: boot.slot })}\n`
        : `# ${lines} lines are missing: ${why}\n`,
    onProblem: (problem) =>
      eventLog(log, 'access-log-unwritable').error(
        `access log: ${problem}; requests are served on, and this is tried again`,
      ),
    onMended: (dropped) => log.info('access log: written again', { dropped_lines: dropped }),
  });
  const { needs, onServed, now, flush } = keepLines(renderer(boot.accessLogFormat, boot), target.write);
  const trusted = boot.accessLogTrust ?? [];
  const parts = { servers, clientOf: clientAddresses(trusted), trusts: trusted.length > 0, needs, now, onServed };
  const follow = [followHttp1(parts), followHttp2(parts)];
  const followed = new WeakSet<object>();
  servers.onListening((server) => {
    if (followed.has(server)) return; // it listens again
    followed.add(server);
    for (const each of follow) each(server);
  });
  observe(process, 'exit', () => {
    flush();
    target.settle();
  });
  return {
    reopen: () => {
      flush();
      target.reopen();
    },
    settle: () => {
      flush();
      return target.settle();
    },
  };
}

/**
 * Requests that are over, until a batch of them becomes lines: to make a hundred lines in a row costs a fraction of what one
 * costs between two requests, when nothing of it is in the processor's caches.
 */
function keepLines({ render, needs }: Renderer, write: (lines: Buffer) => void) {
  const kept: Served[] = [];
  const lines = new Lines();
  let since = 0;
  let timer: NodeJS.Timeout | undefined;
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    if (kept.length === 0) return;
    for (const served of kept) {
      render(served, lines);
      served.release?.();
    }
    kept.length = 0;
    write(lines.take());
  };
  const onServed = (served: Served) => {
    if (timer === undefined) {
      since = Date.now();
      timer = setTimeout(flush, DELAY).unref();
    }
    if (kept.push(served) === BATCH) flush();
  };
  // To ask for the time is a tenth of what a line costs: within a batch, which is as young as DELAY, the second is known.
  const now = () => (needs.exactTime || timer === undefined ? Date.now() : since);
  return { needs, onServed, now, flush };
}
