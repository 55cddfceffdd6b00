import type { SpanAccount } from '../../src/contract/item-account.js';
import { droppedOf } from '../../src/contract/item-account.js';
import type { Failure } from './clients.js';
import type { Holder, Ledger } from './ledger.js';

/** A failed request, and which worker had it. */
export interface Traced extends Failure {
  readonly workers: readonly number[];
}

/** From a connection's end in its worker to the client's word of it, in milliseconds. */
const SEEN = 100;

/**
 * Whether that worker had the connection when the request failed. Not if it had handed it on before: a victim that hangs takes it
 * and notes nothing, and the request fails seconds later.
 */
function hadIt({ at, left }: Holder, { since, until }: Failure): boolean {
  return at >= since && at <= until && (left === undefined || left >= until - SEEN);
}

/** Who had what failed: by the request's own number, or else by the connection that it went over. */
export function trace(failures: readonly Failure[], ledger: Ledger): Traced[] {
  return failures.map((one) => {
    const pid = ledger.accepted.get(one.id);
    const holders = ledger.connected.get(String(one.port)) ?? [];
    const byPort = holders.filter((holder) => hadIt(holder, one)).map((holder) => holder.pid);
    return { ...one, workers: pid === undefined ? byPort : [pid] };
  });
}

/** Failures for which no victim stands: none may be left. */
export function unexplained(traced: readonly Traced[], victims: ReadonlySet<number>): Traced[] {
  // Between accept(2) and the first line of code that could note it a worker has one connection at most.
  let unseen = victims.size;
  return traced.filter(({ workers }) => {
    if (workers.length === 0) return --unseen < 0;
    return !workers.some((pid) => victims.has(pid));
  });
}

/** Requests that a worker began and did not finish, though nobody did anything to it. */
export function abandoned({ accepted, finished }: Ledger, victims: ReadonlySet<number>): string[] {
  return [...accepted].filter(([id, pid]) => !finished.has(id) && !victims.has(pid)).map(([id]) => id);
}

/** Accounts whose two sides differ, or that lost something. One that was stopped while it booted has none. */
export function wrongAccounts(accounts: readonly { readonly pid: number; readonly spans?: SpanAccount }[]) {
  return accounts.filter(({ spans }) => {
    if (!spans) return false;
    const { ended, recovered, exported, rejected, spooled, pending } = spans;
    const known = exported + rejected + spooled + pending + droppedOf(spans);
    return ended + recovered !== known || pending > 0 || rejected > 0 || droppedOf(spans) > 0;
  });
}

/** Workers whose account says another number of ended spans than they wrote down themselves and we added (`extra`). */
export function miscounted(
  accounts: readonly { readonly pid: number; readonly spans?: SpanAccount }[],
  { spans }: Ledger,
  extra: (pid: number) => number,
): string[] {
  return accounts.flatMap(({ pid, spans: account }) => {
    const own = spans.filter((one) => one.pid === pid).length + extra(pid);
    return (account?.ended ?? 0) === own ? [] : [`${pid} wrote ${own}, its account says ${account?.ended}`];
  });
}
