import type { Failure } from './client.js';
import type { Stage } from './stage.js';

export type Verdict =
  /** Everybody goes on, or ends as they were told to. */
  | { readonly kind: 'lives' }
  /** The injected worker ended, and another one has its place. */
  | { readonly kind: 'replaced' }
  /** The primary ended, with that code of our table of errors. */
  | { readonly kind: 'ends'; readonly code: string }
  /** Node itself ends the process, by a signal or with an exit code; a bare Node program ends the same way. */
  | { readonly kind: 'aborts'; readonly how: string }
  | { readonly kind: 'not reached' }
  | { readonly kind: 'fails'; readonly why: string };

export class Fails extends Error {}

/** Failed requests for which no victim stands. `ended`: nobody listens any more, so that what comes is refused. */
export function unexcused(stage: Stage, victims: ReadonlySet<number>, ended: boolean): Failure[] {
  return stage.load.failures.filter(({ pid, port, since, cause }) => {
    const isRefused = port === undefined || cause === 'ECONNREFUSED';
    const acceptedBy = isRefused ? [] : stage.acceptedBy(port, since);
    const owners = pid === undefined ? acceptedBy : [pid, ...acceptedBy];
    if (owners.some((owner) => victims.has(owner))) return false;
    // The kernel resets what nobody had accepted when the last one closed.
    if (owners.length === 0 && ended && /^ECONN(REFUSED|RESET)$|hang up/.test(cause)) return false;
    // Between accept(2) and the first line of the app that could note it, it may have been a victim's.
    return owners.length > 0 || victims.size === 0;
  });
}

/** @throws Fails when requests failed for which nobody stands */
export function judgeRequests(stage: Stage, victims: ReadonlySet<number>, ended: boolean): void {
  const failed = unexcused(stage, victims, ended);
  if (failed.length === 0) return;
  const causes = [...new Set(failed.map(({ cause }) => cause))].join(', ');
  throw new Fails(`${failed.length} requests failed: ${causes}`);
}

/** The code of the error that it named; one of INTERNAL names nothing. */
export function namedError(text: string): string | undefined {
  const codes = [...text.matchAll(/\berror ([A-Z_]+):/g)].map(([, code = '']) => code);
  return codes.filter((code) => code !== 'INTERNAL').at(-1);
}

/** Without what differs from run to run. */
export function steady(text: string, dir: string): string {
  const line = text.replaceAll(dir, 'DIR').replace(/\s+/g, ' ').trim();
  return line.replace(/\d{4,}/g, 'N').slice(0, 160);
}
