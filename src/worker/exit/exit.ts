import { type NamedHooks, runHooks } from '../../../hooks/runner.js';
import type { Worker } from '../../../hooks/types.js';
import type { ConnectionReport } from '../../contract/connection-report.js';
import type { StopReason } from '../../contract/exit-reasons.js';
import { STOP_REASONS } from '../../contract/exit-reasons.js';
import { timerDelay } from '../../contract/longest-timer.js';
import { keysOf } from '../../contract/table-keys.js';
import { END_STEPS, type EndStepName, HOOK_MINIMUM, longestEnd } from '../../contract/worker-end.js';
import type { Mover } from '../moving/mover.js';
import { exitNow, lookupsEnded } from '../node-internals/exit-now.js';
import { standIn } from '../node-internals/stand-in.js';
import type { Servers } from '../servers/track-servers.js';
import type { AppSignals } from './app-signals.js';
import { drain, HTTP_SHARE } from './drain.js';
import { outputWritten } from './output-written.js';
import { stopListening } from './stop-listening.js';

/** From the last deadline to the exit by force, in milliseconds; the primary's SIGKILL comes later still. */
const FORCE_MARGIN = 1_000;

/** The primary reports the signal alone. */
const RESOLVER =
  'this worker has ended in good order, and ends itself by SIGKILL: the name of a host is still being looked up, and exit of Node ' +
  'would wait for the resolver; see that a DNS server answers (/etc/resolv.conf)';

export interface ExitParts {
  readonly worker: Worker;
  readonly servers: Servers;
  readonly appSignals: AppSignals;
  /** Asked when the hooks' turn comes: the app may have added some. */
  readonly hooks: () => readonly NamedHooks[];
  /** The source name of the hooks that run last and have the flush's deadline. */
  readonly flushSource: string;
  /** Sends open connections to other workers; absent where nobody could take them. */
  readonly mover: Mover | undefined;
  /** When the app's own handlers of the stop run: when HTTP is over, or as soon as nothing is accepted any more. */
  readonly appSignal: 'after-drain' | 'at-once';
  /** How long an idle connection may wait for one more request when no worker follows, at most, in milliseconds. */
  readonly idleMs: number;
  /** Called once, when the stop begins. */
  readonly onStopping: (reason: StopReason) => void;
  /** Called when the drain is over. */
  readonly onDrained: (connections: ConnectionReport) => void;
  /** Called when everything is flushed; the process exits when it settles. */
  readonly onFlushed: (ms: number) => Promise<void>;
}

export interface StopOrder {
  readonly reason: StopReason;
  readonly drainMs: number;
  readonly flushMs: number;
  /** Others take its open connections over. */
  readonly move: boolean;
}

export interface Exit {
  /** Stops this worker. The first reason wins; a later order can only shorten the time. */
  stop(order: StopOrder): void;
  /** The app has nothing left to do: the hooks run, and then the process ends by itself, with its own code. */
  finish(flushMs: number): void;
}

/** The one way out of a worker: END_STEPS, and the exit. */
export function createExit(parts: ExitParts): Exit {
  let cutDrain: (() => void) | undefined;
  let force: NodeJS.Timeout | undefined;
  let latest = Number.POSITIVE_INFINITY;
  let finishing = false;
  const arm = ({ drainMs, flushMs }: StopOrder) => {
    const now = performance.now();
    const bound = now + longestEnd({ drain: drainMs, flush: flushMs }) + FORCE_MARGIN;
    if (bound >= latest) return;
    latest = bound;
    clearTimeout(force);
    // Armed before any code of the user runs: nothing there can keep the process for ever.
    force = setTimeout(() => exitNow(currentCode()), timerDelay(bound - now));
  };
  return {
    stop: (order) => {
      arm(order);
      if (finishing) return void force?.unref(); // the process ends by itself behind its hooks, and is not to wait for this
      if (cutDrain) {
        if (order.drainMs === 0) cutDrain();
        else if (!order.move) parts.servers.hasten(idleLimit(parts, order));
        return;
      }
      const cut = new Promise<void>((resolve) => {
        cutDrain = resolve;
      });
      void leave({ parts, order, bounds: { cut, force: () => force }, drainEnd: performance.now() + order.drainMs });
    },
    finish: (flushMs) => {
      if (cutDrain) return;
      cutDrain = () => undefined;
      finishing = true;
      void sayGoodbye(parts, { reason: 'app-exit', flushMs }, performance.now() + HOOK_MINIMUM);
    },
  };
}

export interface Bounds {
  /** Settles when a later order leaves no more time to drain. */
  readonly cut: Promise<void>;
  /** The exit by force. */
  force(): NodeJS.Timeout | undefined;
}

interface Leaving {
  readonly parts: ExitParts;
  readonly order: StopOrder;
  readonly bounds: Bounds;
  /** On the clock of `performance.now()`. */
  readonly drainEnd: number;
}

async function leave(leaving: Leaving): Promise<void> {
  const exitCalled = holdExit();
  for (const step of keysOf(END_STEPS)) await STEPS[step]({ ...leaving, exitCalled });
  if (!(await lookupsEnded())) leaving.parts.worker.log.warn(RESOLVER);
  exitNow(currentCode());
}

/** What each step does; their order, and the time of each, stands in END_STEPS. */
const STEPS = {
  announce: ({ parts, order }) => {
    parts.onStopping(order.reason);
    parts.servers.takePart();
  },
  'stop-accepting': ({ parts, order, bounds }) => stopListening(parts.servers, order, bounds.cut),
  drain: ({ parts, order, bounds, drainEnd, exitCalled }) =>
    drain(parts, { reason: order.reason, deadline: drainEnd }, bounds, {
      exitCalled,
      mover: order.move ? parts.mover : undefined,
      idleMs: idleLimit(parts, order),
    }),
  hooks: ({ parts, order, drainEnd }) => sayGoodbye(parts, order, drainEnd),
  'write-output': outputWritten,
} satisfies Readonly<Record<EndStepName, (leaving: Held) => void | Promise<void>>>;

/** With what its app calls held back. */
type Held = Leaving & { readonly exitCalled: Promise<void> };

/**
 * How long an idle connection may wait for one more request, in milliseconds. It ends by itself, when nothing comes on it,
 * and not by the end of the drain: the app's handlers run before that, and refuse what still comes.
 */
function idleLimit({ idleMs }: ExitParts, { reason, drainMs }: StopOrder): number {
  const http = drainMs * HTTP_SHARE;
  return STOP_REASONS[reason].succeeded ? http * (2 / 3) : Math.min(idleMs, http / 2);
}

/** The hooks, user hooks until `drainEnd`, and then the exit report. */
async function sayGoodbye(
  parts: ExitParts,
  { reason, flushMs }: Pick<StopOrder, 'reason' | 'flushMs'>,
  drainEnd: number,
): Promise<void> {
  const flushBegins = { at: performance.now() };
  await runHooks.preShutdown(parts.hooks(), parts.worker, (source) => {
    const now = performance.now();
    if (source === parts.flushSource) flushBegins.at = now;
    const deadline = source === parts.flushSource ? now + flushMs : Math.max(drainEnd, now + HOOK_MINIMUM);
    return { reason, deadline };
  });
  await parts.onFlushed(performance.now() - flushBegins.at);
}

/**
 * From here on `process.exit` of the app only notes its code: the usual handler, `server.close(() => process.exit(0))`,
 * would otherwise end the process between the drain and the flush. The real exit comes within the deadlines.
 *
 * @returns settles when the app calls it
 */
function holdExit(): Promise<void> {
  return new Promise((resolve) => {
    process.exit = standIn(process.exit, (_process, [code]) => {
      if (code !== undefined && code !== null) process.exitCode = Number(code);
      resolve();
    });
  });
}

function currentCode(): number {
  return Number(process.exitCode ?? 0);
}
