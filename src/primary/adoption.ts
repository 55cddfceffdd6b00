import type { SpanAccount } from '../../hooks/types.js';
import { partsOf } from '../ipc/account.js';
import type { PrimaryMessage } from '../ipc/messages.js';

export interface AdoptionParts {
  /** The workers that could take something over, by the number of their fork. */
  ready(): readonly number[];
  send(id: number, message: PrimaryMessage): void;
}

/** Sees to it that what a worker has left undelivered is sent by another one. */
export interface Adoption {
  lastWords(id: number, spans: SpanAccount | undefined): void;
  exited(id: number): void;
}

/**
 * One worker is asked for each that ended without the word that all its spans are delivered. If none is ready, nothing
 * is asked: every worker looks for leftovers when it gets ready.
 */
export function createAdoption(parts: AdoptionParts): Adoption {
  const settled = new Set<number>();
  return {
    lastWords: (id, spans) => {
      if (spans && partsOf(spans).every(({ spooled, pending }) => spooled + pending === 0)) settled.add(id);
    },
    exited: (id) => {
      if (settled.delete(id)) return;
      // The youngest: it will live longest.
      const heir = parts.ready().toSorted((a, b) => b - a)[0];
      if (heir !== undefined) parts.send(heir, { type: 'adopt' });
    },
  };
}
