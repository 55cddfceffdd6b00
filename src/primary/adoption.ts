import { partsOf } from '../ipc/account.js';
import type { Flushed, PrimaryMessage } from '../ipc/messages.js';

export interface AdoptionParts {
  /** The workers that could take something over, the best first, by the number of their fork. */
  ready(): readonly number[];
  stopping(): boolean;
  send(id: number, message: PrimaryMessage): void;
}

/** What a collector has not taken, by kind. */
export type Refused = Readonly<Record<'spans' | 'log records' | 'metrics', number>>;

/** Sees to it that what a worker has left undelivered is sent by another one. */
export interface Adoption {
  lastWords(id: number, words: Pick<Flushed, 'spans' | 'gaveUp'>): void;
  exited(id: number): void;
  /** What the workers of a stop could not get rid of in the whole of their flush; undefined when all could. */
  refused(): Refused | undefined;
}

/**
 * One worker is asked for each that ended without the word that all its spans are delivered. If none is ready, nothing
 * is asked: every worker looks for leftovers when it gets ready.
 */
export function createAdoption(parts: AdoptionParts): Adoption {
  const settled = new Set<number>();
  let refused: Refused | undefined;
  return {
    lastWords: (id, { spans, gaveUp }) => {
      if (spans && partsOf(spans).every(({ spooled, pending }) => spooled + pending === 0)) settled.add(id);
      // What a reload could not deliver some time ago says nothing of the collector now.
      if (gaveUp && parts.stopping()) refused = plus(refused, spans);
    },
    exited: (id) => {
      if (settled.delete(id)) return;
      const [heir] = parts.ready();
      if (heir !== undefined) parts.send(heir, { type: 'adopt' });
    },
    refused: () => refused,
  };
}

function plus(sum: Refused | undefined, spans: Flushed['spans']): Refused {
  return {
    spans: (sum?.spans ?? 0) + (spans?.spooled ?? 0),
    'log records': (sum?.['log records'] ?? 0) + (spans?.logs?.spooled ?? 0),
    metrics: (sum?.metrics ?? 0) + (spans?.metrics?.spooled ?? 0),
  };
}
