import { type NamedHooks, runPreShutdown } from '../../hooks/runner.js';
import type { StopReason, Worker } from '../../hooks/types.js';
import type { Servers } from './servers.js';
import type { AppSignals } from './signals.js';

/** What user hooks get at least, in milliseconds, when the drain has used up its time. */
const HOOK_MINIMUM = 1_000;
/** From the last deadline to the exit by force, in milliseconds; the primary's SIGKILL comes later still. */
const FORCE_MARGIN = 1_000;

/** As it was before any app could replace it. */
const exitNow = process.exit.bind(process);

export interface ExitParts {
  readonly worker: Worker;
  readonly servers: Servers;
  readonly appSignals: AppSignals;
  /** Asked when the hooks' turn comes: the app may have added some. */
  readonly hooks: () => readonly NamedHooks[];
  /** The source name of the hooks that run last and have the flush's deadline. */
  readonly flushSource: string;
  /** Told once, when the stop begins. */
  readonly onStopping: (reason: StopReason) => void;
  /** Told when everything is flushed; the process exits when it settles. */
  readonly onFlushed: (ms: number) => Promise<void>;
}

export interface StopOrder {
  readonly reason: StopReason;
  readonly drainMs: number;
  readonly flushMs: number;
}

export interface Exit {
  /** Stops this worker. The first reason wins; a later order can only shorten the time. */
  stop(order: StopOrder): void;
  /** The app has nothing left to do: the hooks run, and then the process ends by itself, with its own code. */
  finish(flushMs: number): void;
}

/** The one way out of a worker: stop accepting, drain, preShutdown hooks in reverse, flush, exit. */
export function createExit(parts: ExitParts): Exit {
  let cutDrain: (() => void) | undefined;
  let force: NodeJS.Timeout | undefined;
  const arm = ({ drainMs, flushMs }: StopOrder) => {
    clearTimeout(force);
    // Armed before any code of the user runs: nothing there can keep the process for ever.
    const bound = Math.max(drainMs, HOOK_MINIMUM) + flushMs + FORCE_MARGIN;
    force = setTimeout(() => exitNow(currentCode()), bound);
  };
  return {
    stop: (order) => {
      arm(order);
      if (cutDrain) {
        if (order.drainMs === 0) cutDrain();
        return;
      }
      const cut = new Promise<void>((resolve) => {
        cutDrain = resolve;
      });
      void leave(parts, order, cut);
    },
    finish: (flushMs) => {
      if (cutDrain) return;
      cutDrain = () => undefined;
      void sayGoodbye(parts, { reason: 'app-exit', flushMs }, performance.now() + HOOK_MINIMUM);
    },
  };
}

async function leave(parts: ExitParts, order: StopOrder, cut: Promise<void>): Promise<void> {
  const begun = performance.now();
  holdExit();
  parts.onStopping(order.reason);
  const drained = drain(parts.servers, order.drainMs, cut);
  parts.appSignals.deliver();
  await drained;
  await sayGoodbye(parts, order, begun + order.drainMs);
  exitNow(currentCode());
}

/** The hooks, user hooks until `drainEnd`, and then the last words. */
async function sayGoodbye(
  parts: ExitParts,
  { reason, flushMs }: Omit<StopOrder, 'drainMs'>,
  drainEnd: number,
): Promise<void> {
  const flushBegins = { at: performance.now() };
  await runPreShutdown(parts.hooks(), parts.worker, (source) => {
    const now = performance.now();
    if (source === parts.flushSource) flushBegins.at = now;
    const deadline = source === parts.flushSource ? now + flushMs : Math.max(drainEnd, now + HOOK_MINIMUM);
    return { reason, deadline };
  });
  await parts.onFlushed(performance.now() - flushBegins.at);
}

async function drain(servers: Servers, drainMs: number, cut: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, drainMs);
  });
  await Promise.race([servers.close(), timeout, cut]);
  clearTimeout(timer);
  servers.destroy();
}

/**
 * From here on `process.exit` of the app only notes its code: the usual handler, `server.close(() => process.exit(0))`,
 * would otherwise end the process between the drain and the flush. The real exit comes within the deadlines.
 */
function holdExit(): void {
  process.exit = ((code?: number | string | null) => {
    if (code !== undefined && code !== null) process.exitCode = Number(code);
  }) as typeof process.exit;
}

function currentCode(): number {
  return Number(process.exitCode ?? 0);
}
