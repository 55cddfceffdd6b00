import { partsOf } from '../contract/item-account.js';
import type { Flushed, PrimaryMessage } from '../contract/messages.js';
import type { KnownWorkers, WorkerExit } from '../contract/worker-exit.js';

interface RecoveryParts {
  /** The workers that could take something over, the best first, by the number of their fork. */
  ready(): readonly number[];
  /** The pids of all workers that are not reaped. */
  running(): readonly number[];
  stopping(): boolean;
  /** Whether a worker may leave open spans, of which its account says nothing. */
  journalStarts(): boolean;
  send(id: number, message: PrimaryMessage): void;
}

/** What a collector has not taken, by kind. */
export type Refused = Readonly<Record<'spans' | 'log records' | 'metrics', number>>;

/** Sees to it that what a worker has left undelivered is sent by another one. */
interface Recovery {
  exitReport(id: number, report: Pick<Flushed, 'spans' | 'gaveUp'>): void;
  /** How a worker ended, `at` in milliseconds since 1970. */
  ended(exit: WorkerExit, at: number): void;
  exited(id: number): void;
  /** A worker is ready: it takes over what nobody has taken. */
  ready(id: number): void;
  /** What the workers of a stop could not get rid of in the whole of their flush; undefined when all could. */
  refused(): Refused | undefined;
  workers(): KnownWorkers;
}

/** So many ends are remembered: of who has left something, somebody takes it over long before. */
const ENDS_KEPT = 100;

/** One worker is asked for each that ended without the word that all its spans are delivered, and each that gets ready. */
export function createRecovery(parts: RecoveryParts): Recovery {
  const settled = new Set<number>();
  let ends: KnownWorkers['ends'] = [];
  let refused: Refused | undefined;
  const workers = () => ({ ends, running: parts.running() });
  const ask = (id: number) => parts.send(id, { type: 'recover', ...workers() });
  return {
    exitReport: (id, { spans, gaveUp }) => {
      const rest = spans && partsOf(spans).some(({ spooled, pending }) => spooled + pending > 0);
      if (rest === false && !parts.journalStarts()) settled.add(id);
      // What a reload could not deliver some time ago says nothing of the collector now.
      if (gaveUp && parts.stopping()) refused = plus(refused, spans);
    },
    ended: (exit, at) => {
      ends = [...ends, { ...exit, at }].slice(-ENDS_KEPT);
    },
    exited: (id) => {
      if (settled.delete(id)) return;
      const [candidate] = parts.ready();
      if (candidate !== undefined) ask(candidate);
    },
    ready: ask,
    refused: () => refused,
    workers,
  };
}

function plus(sum: Refused | undefined, spans: Flushed['spans']): Refused {
  return {
    spans: (sum?.spans ?? 0) + (spans?.spooled ?? 0),
    'log records': (sum?.['log records'] ?? 0) + (spans?.logs?.spooled ?? 0),
    metrics: (sum?.metrics ?? 0) + (spans?.metrics?.spooled ?? 0),
  };
}
