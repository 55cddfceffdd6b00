import type { Sample } from '../supervisor-events.js';
import type { Now } from './now.js';

/** So long nothing is taken while spans wait, in milliseconds: twice what a worker's batch may wait, and no pause between two tries. */
const AFTER = 3_000;

/** Times in which workers had spans and could hand none on: the receiver was stopped, or had too much to do. */
export function createOutages(now: Now): (at: number, account: Sample['account']) => void {
  let exported = 0;
  /** Since when nothing has been taken while something waited. */
  let since: number | undefined;
  let marked = false;
  return (at, account) => {
    if (account.held === 0 || account.exported > exported) {
      if (marked) now.mark({ at, kind: 'recovered', text: 'spans are taken again' });
      exported = account.exported;
      since = undefined;
      marked = false;
      return;
    }
    since ??= at;
    if (marked || at - since < AFTER) return;
    marked = true;
    now.mark({ at: since, kind: 'outage', text: `${account.held} spans wait: the receiver takes none` });
  };
}
