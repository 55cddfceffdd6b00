import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** Spans the apps wrote down as ended, against those that arrived. */
export interface Comparison {
  readonly ended: number;
  readonly received: number;
  readonly missing: number;
  readonly duplicates: number;
}

export type ReceiverRequest =
  | { readonly type: 'begin'; readonly keepIds: boolean; readonly latencyMs: number }
  | { readonly type: 'count' }
  | { readonly type: 'compare'; readonly ledger: string };

export type ReceiverReply =
  | { readonly type: 'listening'; readonly url: string }
  | { readonly type: 'begun' }
  | { readonly type: 'counted'; readonly total: number }
  | ({ readonly type: 'compared' } & Comparison);

/** The collector all contenders send to. */
export interface Receiver {
  readonly pid: number;
  /** For OTEL_EXPORTER_OTLP_ENDPOINT, protocol grpc. */
  readonly url: string;
  /** Forgets what came; ids are kept only when they are to be compared. Each request is answered after `latencyMs`, 0. */
  begin(keepIds: boolean, latencyMs?: number): Promise<void>;
  /** Spans received since `begin`. */
  count(): Promise<number>;
  /** `ledger` is the directory the apps wrote span ids to. */
  compare(ledger: string): Promise<Comparison>;
  close(): void;
}

export async function startReceiver(): Promise<Receiver> {
  const receiver = fork(fileURLToPath(new URL('./receiver-process.js', import.meta.url)));
  const { url } = await replyOf(receiver, 'listening');
  const ask = <T extends ReceiverReply['type']>(request: ReceiverRequest, type: T) => {
    const reply = replyOf(receiver, type);
    receiver.send(request);
    return reply;
  };
  return {
    pid: receiver.pid!,
    url,
    begin: async (keepIds, latencyMs = 0) => void (await ask({ type: 'begin', keepIds, latencyMs }, 'begun')),
    count: async () => (await ask({ type: 'count' }, 'counted')).total,
    compare: (ledger) => ask({ type: 'compare', ledger }, 'compared'),
    close: () => receiver.disconnect(),
  };
}

type Reply<T> = Extract<ReceiverReply, { type: T }>;

/** One question is open at a time, so the next message is its answer. */
async function replyOf<T extends ReceiverReply['type']>(receiver: ChildProcess, type: T): Promise<Reply<T>> {
  const [reply] = (await once(receiver, 'message')) as [ReceiverReply];
  if (reply.type !== type) throw new Error(`receiver said ${reply.type} instead of ${type}`);
  return reply as Reply<T>;
}
