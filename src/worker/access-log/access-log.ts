import type { WorkerBoot } from '../../config/boot-messages.js';
import type { Log } from '../../contract/log.js';
import type { WorkerFile } from '../boot/worker-files.js';
import { observe } from '../node-internals/emitters.js';
import type { Servers } from '../servers/track-servers.js';
import { clientAddresses } from './client-address.js';
import { followHttp1 } from './follow-http1.js';
import { followHttp2 } from './follow-http2.js';
import { Kept } from './kept.js';
import { type Renderer, renderer } from './render-line.js';
import type { Served } from './served.js';
import { openTarget } from './target.js';

/** How long a request may wait for others until its line is written, in milliseconds, and how many do: see `Kept`. */
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
  servers: Pick<Servers, 'onListening'>,
  log: Log,
): WorkerFile {
  const json = boot.accessLogFormat === 'json';
  const target = openTarget(path, {
    gap: (lines, why) =>
      json
        ? `${JSON.stringify({ missing_lines: lines, why, slot: boot.slot })}\n`
        : `# ${lines} lines are missing: ${why}\n`,
    onProblem: (problem) => log.error(`access log: ${problem}; requests are served on, and this is tried again`),
    onMended: (dropped) => log.info('access log: written again', { dropped_lines: dropped }),
  });
  const { needs, onServed, now, flush } = keepLines(renderer(boot.accessLogFormat, boot), target.write);
  const trusted = boot.accessLogTrust ?? [];
  const parts = { clientOf: clientAddresses(trusted), trusts: trusted.length > 0, needs, now, onServed };
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

/** Requests that are over, until a batch of them becomes lines. */
function keepLines({ render, needs }: Renderer, write: (lines: string) => void) {
  const kept: Kept[] = [];
  let waiting = 0;
  let waitingSince = 0;
  let timer: NodeJS.Timeout | undefined;
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    let lines = '';
    for (const one of kept.slice(0, waiting)) {
      lines += render(one);
      one.release();
    }
    waiting = 0;
    if (lines !== '') write(lines);
  };
  const onServed = (served: Served) => {
    let one = kept[waiting];
    if (one === undefined) {
      one = new Kept(needs);
      kept.push(one);
    }
    one.keep(served);
    if (waiting === 0) waitingSince = Date.now();
    waiting += 1;
    if (waiting === BATCH) flush();
    else timer ??= setTimeout(flush, DELAY).unref();
  };
  // To ask for the time is a tenth of what a line costs: within a batch, which is as young as DELAY, the second is known.
  const now = () => (needs.exactTime || waiting === 0 ? Date.now() : waitingSince);
  return { needs, onServed, now, flush };
}
