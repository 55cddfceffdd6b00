import type { WorkerBoot } from '../../config/boot-messages.js';
import type { Log } from '../../contract/log.js';
import type { WorkerFile } from '../boot/worker-files.js';
import { observe } from '../node-internals/emitters.js';
import type { Servers } from '../servers/track-servers.js';
import { clientAddresses } from './client-address.js';
import { followHttp1 } from './follow-http1.js';
import { followHttp2 } from './follow-http2.js';
import { renderer } from './render-line.js';
import type { Served } from './served.js';
import { openTarget } from './target.js';

/** How long a line may wait for others, in milliseconds, and how many characters: a system call for each would cost more. */
const DELAY = 100;
const BATCH = 16_384;

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
  const { render, needs } = renderer(boot.accessLogFormat, boot);
  let waiting = '';
  let timer: NodeJS.Timeout | undefined;
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    const lines = waiting;
    waiting = '';
    if (lines !== '') target.write(lines);
  };
  const onServed = (served: Served) => {
    waiting += render(served);
    if (waiting.length >= BATCH) flush();
    else timer ??= setTimeout(flush, DELAY).unref();
  };
  const trusted = boot.accessLogTrust ?? [];
  const parts = { clientOf: clientAddresses(trusted), trusts: trusted.length > 0, needs, onServed };
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
