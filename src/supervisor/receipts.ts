import type { WorkerMessage } from '../contract/messages.js';
import type { Handle, Ports } from './ports.js';
import type { ProcessTable } from './process-table.js';

/** How long the end of a worker is waited for that cannot be sent a receipt, in milliseconds. */
const END_SHOWS_WITHIN = 1_000;

/** What a worker that leaves says of its connections, in its order. */
interface Offer {
  readonly message: Extract<WorkerMessage, { type: 'move' | 'moves-sent' }>;
  readonly handle?: Handle;
}

interface Batch {
  readonly from: number;
  readonly offers: Offer[];
  /** Takes the timer back that would close its descriptors. */
  cancel?: () => void;
}

interface Receipts {
  take(from: number, offer: Offer): void;
  /** That worker has ended: whatever it has offered is nobody's but ours. */
  gone(from: number): void;
}

/**
 * A channel to a worker can break while the worker lives. What it has offered by then is either still in the channel, and
 * lost with it, or here, and perhaps with another worker already. For it to know which, an offer is acted on when a
 * receipt for it is with the kernel: a worker reads all that the kernel has before it sees the end of its channel. So a
 * connection without a receipt is still its worker's alone, and one with a receipt never is.
 *
 * @param act called with each offer in its order, when its worker will not serve that connection any more
 */
export function createReceipts(
  { send, pid }: Pick<ProcessTable, 'send' | 'pid'>,
  timer: Ports['timer'],
  act: (from: number, offer: Offer) => void,
): Receipts {
  /** Those of one round of the event loop have one receipt. */
  const arriving = new Map<number, Batch>();
  const open = new Set<Batch>();
  const actOn = (batch: Batch) => {
    open.delete(batch);
    batch.cancel?.();
    for (const offer of batch.offers) act(batch.from, offer);
  };
  /** Whether its worker has ended or has only lost its channel does not show at once. */
  const wait = (batch: Batch) => {
    batch.cancel = timer(END_SHOWS_WITHIN, () => {
      open.delete(batch);
      for (const { handle } of batch.offers) handle?.close();
    });
  };
  const sendReceipt = (batch: Batch) => {
    const moves = batch.offers.flatMap(({ message }) => (message.type === 'move' ? [message.move] : []));
    // One that came behind its worker's end is nobody's but ours.
    if (moves.length === 0 || pid(batch.from) === undefined) return actOn(batch);
    send(batch.from, { type: 'held', moves }, (isSent) => {
      if (open.has(batch)) (isSent ? actOn : wait)(batch);
    });
  };
  const flush = () => {
    const batches = [...arriving.values()];
    arriving.clear();
    for (const batch of batches) if (open.has(batch)) sendReceipt(batch);
  };
  return {
    take: (from, offer) => {
      if (arriving.size === 0) setImmediate(flush);
      const batch = arriving.get(from) ?? { from, offers: [] };
      arriving.set(from, batch);
      open.add(batch);
      batch.offers.push(offer);
    },
    gone: (from) => {
      for (const batch of [...open]) if (batch.from === from) actOn(batch);
    },
  };
}
