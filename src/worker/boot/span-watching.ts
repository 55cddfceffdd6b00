import type { SpanLook, SpanSource, SpanWatchOrder, SpanWatchReport } from '../../contract/watched-span.js';
import type { Channel } from './channel.js';

/** Changes that come this close to each other are one report, in milliseconds. */
const TOGETHER = 20;

/** This worker's part in what somebody wants to see of its spans. */
export interface SpanWatching {
  watch(order: SpanWatchOrder): void;
  /** The boot is over: who lets others look has said so. */
  letIn(): void;
  /** The last report of each, on the way out. */
  end(): void;
}

interface Watch {
  readonly look: SpanLook | undefined;
  report(last?: true): void;
  readonly timers: NodeJS.Timeout[];
}

export function createSpanWatching(channel: Pick<Channel, 'send'>, source: () => SpanSource | undefined): SpanWatching {
  const open = new Map<number, Watch>();
  const early = new Map<number, SpanWatchOrder>();
  let isIn = false;
  const finish = (watch: number) => {
    const one = open.get(watch);
    if (!one) return;
    open.delete(watch);
    for (const timer of one.timers) clearTimeout(timer);
    one.report(true);
    one.look?.stop();
  };
  const begin = ({ watch, ms, traceId }: SpanWatchOrder) => {
    if (open.has(watch)) return; // it was forked while the watch began, and asked twice
    let isSoon = false;
    const changed = () => {
      if (isSoon) return;
      isSoon = true;
      setTimeout(() => {
        isSoon = false;
        if (open.has(watch)) one.report();
      }, TOGETHER).unref();
    };
    const look = source()?.(traceId === undefined ? {} : { traceId }, changed);
    const one: Watch = {
      look,
      report: (last) => {
        const seen = look?.seen() ?? { spans: [], seen: 0, fate: 'open' };
        const report: SpanWatchReport = { watch, ...seen, ...(last && { last }), ...(!look && { blind: true }) };
        channel.send({ type: 'watched', ...report });
      },
      timers: [setTimeout(() => finish(watch), ms).unref()],
    };
    open.set(watch, one);
    // A sample is worth its bytes once, at its end.
    if (look) channel.send({ type: 'watched', watch, spans: [], seen: 0, fate: 'open' });
    else finish(watch);
  };
  return {
    watch: (order) => {
      if (isIn) begin(order);
      else early.set(order.watch, order);
    },
    letIn: () => {
      isIn = true;
      for (const order of early.values()) begin(order);
      early.clear();
    },
    end: () => {
      for (const watch of [...open.keys()]) finish(watch);
    },
  };
}
