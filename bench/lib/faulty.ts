import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Faults } from '../../src/dev/faults.js';

/** What the apps wrote down as ended, held against what arrived. */
export interface Delivered {
  readonly ended: number;
  /** Ended and not arrived. */
  readonly missing: number;
  /** Of the missing, those that the collector rejected in partial successes: no loss of the sender's. */
  readonly rejected: number;
  /** Spans that came again. */
  readonly duplicates: number;
  /** Requests in which a span came again. */
  readonly duplicateRequests: number;
  /** Requests that were reset instead of answered. */
  readonly resets: number;
  /** Requests in all. */
  readonly requests: number;
  /** Milliseconds from the collector's last return to the first span; undefined if it was not away. */
  readonly firstAfterMs: number | undefined;
}

export type FaultyRequest =
  | { readonly type: 'begin' | 'down' | 'up' }
  | { readonly type: 'behave'; readonly faults: Omit<Faults, 'hold'> }
  | { readonly type: 'compare'; readonly ledger: string };

export type FaultyReply =
  | { readonly type: 'listening'; readonly url: string }
  | { readonly type: 'done' }
  | ({ readonly type: 'compared' } & Delivered);

/** A collector that can be told to fail. */
export interface Faulty {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT, protocol grpc. */
  readonly url: string;
  /** Heals, and forgets what came. */
  begin(): Promise<void>;
  behave(faults: Omit<Faults, 'hold'>): Promise<void>;
  /** Resets all connections and takes no new ones. */
  down(): Promise<void>;
  up(): Promise<void>;
  /** `ledger` is the directory the apps wrote span ids to. */
  compare(ledger: string): Promise<Delivered>;
  close(): void;
}

export async function startFaulty(): Promise<Faulty> {
  const collector = fork(fileURLToPath(new URL('./faulty-process.js', import.meta.url)));
  const { url } = await replyOf(collector, 'listening');
  const ask = <T extends FaultyReply['type']>(request: FaultyRequest, type: T) => {
    const reply = replyOf(collector, type);
    collector.send(request);
    return reply;
  };
  const order = (request: FaultyRequest) => ask(request, 'done').then(() => undefined);
  return {
    url,
    begin: () => order({ type: 'begin' }),
    behave: (faults) => order({ type: 'behave', faults }),
    down: () => order({ type: 'down' }),
    up: () => order({ type: 'up' }),
    compare: (ledger) => ask({ type: 'compare', ledger }, 'compared'),
    close: () => collector.disconnect(),
  };
}

/** One question is open at a time, so the next message is its answer. */
async function replyOf<T extends FaultyReply['type']>(
  collector: ChildProcess,
  type: T,
): Promise<Extract<FaultyReply, { type: T }>> {
  const [reply] = (await once(collector, 'message')) as [FaultyReply];
  if (reply.type !== type) throw new Error(`collector said ${reply.type} instead of ${type}`);
  return reply as Extract<FaultyReply, { type: T }>;
}
