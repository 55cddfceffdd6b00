import type { PrimaryMessage } from '../contract/messages.js';
import { PHASE_TRAITS } from '../contract/phases.js';
import type { WorkerStatus } from '../contract/status.js';
import type { SpanWatchOrder, SpanWatchReport } from '../contract/watched-span.js';
import type { Ports } from './ports.js';
import type { Sender } from './worker-messages.js';

/** How long a worker may take to begin, and to say the last of what it has seen; in milliseconds. */
const PATIENCE = 500;

/** What somebody wants to see of the spans of all workers. */
export interface WatchOrder extends Omit<SpanWatchOrder, 'watch'> {
  /** Nobody wants it any more. */
  readonly signal: AbortSignal;
  /** Everybody looks, or has had half a second to begin; with the numbers of the forks that do not answer. */
  onBegun?(silent: readonly number[]): void;
  onReport(from: Sender, report: SpanWatchReport): void;
}

/** Looks at spans in the workers while somebody asks. */
export interface SpanWatches {
  /** Settles when it is over: a worker that does not answer holds nothing up. */
  watch(order: WatchOrder, workers: readonly WatchedWorker[]): Promise<void>;
  /** A worker listens to messages: it takes part in what is under way. */
  booted(id: number): void;
  take(from: Sender, report: SpanWatchReport): void;
  forget(id: number): void;
}

type WatchedWorker = Pick<WorkerStatus, 'id' | 'phase'>;

interface Open {
  readonly order: WatchOrder;
  readonly watch: number;
  readonly until: number;
  /** Those who have not begun, and those who have not said their last. */
  readonly beginning: Set<number>;
  readonly working: Set<number>;
  look(): void;
}

export function createSpanWatches(ports: Ports, send: (id: number, message: PrimaryMessage) => void): SpanWatches {
  const open = new Map<number, Open>();
  let last = 0;
  const ask = (one: Open, id: number) => {
    const { traceId } = one.order;
    const ms = Math.max(0, one.until - ports.now());
    one.working.add(id);
    send(id, { type: 'watch', watch: one.watch, ms, ...(traceId !== undefined && { traceId }) });
  };
  return {
    watch: (order, workers) => {
      if (order.signal.aborted) return Promise.resolve(); // nobody wants it any more
      last += 1;
      return new Promise((resolve) => {
        const one = begin(order, last, workers, ports, () => {
          open.delete(one.watch);
          resolve();
        });
        open.set(one.watch, one);
        for (const { id, phase } of workers) if (PHASE_TRAITS[phase].alive) ask(one, id);
        one.look();
      });
    },
    booted: (id) => {
      for (const one of open.values()) ask(one, id);
    },
    take: (from, report) => {
      const one = open.get(report.watch);
      if (!one) return;
      one.beginning.delete(from.id);
      if (report.last) one.working.delete(from.id);
      one.order.onReport(from, report);
      one.look();
    },
    forget: (id) => {
      for (const one of open.values()) {
        one.beginning.delete(id);
        one.working.delete(id);
        one.look();
      }
    },
  };
}

function begin(
  order: WatchOrder,
  watch: number,
  workers: readonly WatchedWorker[],
  ports: Ports,
  onOver: () => void,
): Open {
  const begins = workers.filter(({ phase }) => PHASE_TRAITS[phase].answers).map(({ id }) => id);
  const { ms, signal, traceId } = order;
  const until = ports.now() + ms;
  const cancels: (() => void)[] = [];
  let begun = false;
  const over = () => {
    for (const cancel of cancels.splice(0)) cancel();
    signal.removeEventListener('abort', over);
    onOver();
  };
  const allBegun = () => {
    if (begun) return;
    begun = true;
    order.onBegun?.([...one.beginning]);
  };
  const one: Open = {
    ...{ order, watch, until, beginning: new Set(begins), working: new Set() },
    look: () => {
      if (one.beginning.size === 0) allBegun();
      // A worker that is forked later may still see the trace.
      if (one.working.size === 0 && (traceId === undefined || ports.now() >= until)) over();
    },
  };
  // Who has not even begun does not answer now either.
  const isDue = () => void ([...one.working].every((id) => one.beginning.has(id)) && over());
  cancels.push(ports.timer(PATIENCE, allBegun), ports.timer(ms, isDue), ports.timer(ms + PATIENCE, over));
  signal.addEventListener('abort', over);
  return one;
}
