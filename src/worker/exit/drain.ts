import { runHooks } from '../../../hooks/runner.js';
import type { ShutdownContext } from '../../../hooks/types.js';
import { eventLog } from '../../contract/log-events.js';
import { observeOnce } from '../node-internals/emitters.js';
import type { HttpDrain } from '../servers/http-drain.js';
import type { HttpLeft } from '../servers/http-left.js';
import type { DrainOrder } from '../servers/track-servers.js';
import type { Bounds, ExitParts } from './exit.js';

/** The app's own handlers have the rest of the drain's time at least: HTTP that does not end by then goes on beside them. */
export const HTTP_SHARE = 3 / 4;
/** From then on a response that has begun is taken for one that only the app ends, as a part of the drain's time. */
const STREAM_SHARE = 1 / 4;
/** When it is first logged what the drain waits for, and how often then, in milliseconds. */
const SAY_FIRST = 1_000;
const SAY_EVERY = 5_000;

interface Leaving extends DrainOrder {
  /** Settles when the app calls `process.exit`. */
  readonly exitCalled: Promise<void>;
}

/**
 * Ends when all that was begun has ended, or at the deadline. HTTP first: an app's own shutdown code answers late
 * requests with 503, gives up its pools and resets idle connections, so it runs when no request can come any more.
 */
export async function drain(
  parts: ExitParts,
  context: ShutdownContext,
  { cut, force }: Bounds,
  { exitCalled, ...order }: Leaving,
): Promise<void> {
  const { servers, appSignals, hooks, worker } = parts;
  const begun = performance.now();
  const time = context.deadline - begun;
  const deadline = timer(time);
  const handlers = timer(time * HTTP_SHARE);
  const http = servers.drain(order);
  const stopSaying = sayWhatIsLeft(parts, http);
  const draining = runHooks.onDraining(hooks(), worker, context);
  const over = http.over(time * STREAM_SHARE);
  const ended = Promise.race([deadline.passed, cut]);
  if (parts.appSignal === 'after-drain') await Promise.race([over, handlers.passed, ended]);
  handlers.clear();
  const { settled, endsItself } = appSignals.deliver();
  const naturalEnd = endsItself ? nothingLeft([deadline.timer, force()]) : settled;
  const appDone = Promise.all([http.closed, draining, Promise.race([exitCalled, naturalEnd])]);
  // It has called process.exit: under plain node that would end all that is left now.
  const appExits = Promise.all([over, draining, exitCalled]);
  await Promise.race([appDone, appExits, ended]);
  deadline.clear();
  stopSaying();
  force()?.ref();
  await servers.destroy();
  parts.onDrained(http.report());
}

function timer(ms: number) {
  let timer: NodeJS.Timeout | undefined;
  const passed = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  return { timer, passed, clear: () => clearTimeout(timer) };
}

/** When the app would have ended naturally, but for us: nothing of its own is left that keeps the process alive. */
function nothingLeft(ours: readonly (NodeJS.Timeout | undefined)[]): Promise<void> {
  for (const timer of ours) timer?.unref();
  return new Promise((resolve) => observeOnce(process, 'beforeExit', () => resolve()));
}

/** @returns what ends it */
function sayWhatIsLeft({ worker }: ExitParts, http: HttpDrain): () => void {
  let timer: NodeJS.Timeout;
  const say = () => {
    const counts = http.left();
    const left = describeLeft(counts);
    if (left) eventLog(worker.log, 'worker-waits', { ...counts }).info(`worker ${worker.slot} waits for ${left}`);
    timer = setTimeout(say, SAY_EVERY).unref();
  };
  timer = setTimeout(say, SAY_FIRST).unref();
  return () => clearTimeout(timer);
}

function describeLeft({ idle, requests, longLived }: HttpLeft): string {
  const parts = [
    [idle, 'idle connection'],
    [requests, 'request'],
    [longLived, 'long-lived connection'],
  ] as const;
  return parts
    .filter(([count]) => count > 0)
    .map(([count, what]) => `${count} ${what}${count === 1 ? '' : 's'}`)
    .join(', ');
}
