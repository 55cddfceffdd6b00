import { processExists } from '../../src/system/process-exists.js';
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

const RESET = /^ECONNRESET$|hang up/;

/** What excuses failed requests. */
interface Excuses {
  readonly victims: ReadonlySet<number>;
  /** Nobody listens any more, so that what comes is refused. */
  readonly ended: boolean;
  /** A primary ended that was passing connections from worker to worker: those that it held ended with it. */
  readonly passing?: boolean;
  /** The workers when the clients began; who left before has passed its connections on. Default: all that ever answered. */
  readonly serving?: ReadonlySet<number>;
}

/** Failed requests for which no victim stands. */
export function unexcused(stage: Stage, { victims, ended, passing, serving }: Excuses): Failure[] {
  return stage.load.failures.filter(({ pid, port, since, cause }) => {
    if (passing && pid !== undefined && RESET.test(cause)) return false;
    const isRefused = port === undefined || cause === 'ECONNREFUSED';
    const acceptedBy = isRefused ? [] : stage.acceptedBy(port, since);
    const hasLeft = pid !== undefined && serving?.has(pid) === false && !processExists(pid);
    const owners = pid === undefined || hasLeft ? acceptedBy : [pid, ...acceptedBy];
    if (owners.some((owner) => victims.has(owner))) return false;
    // The kernel resets what nobody had accepted when the last one closed.
    if (owners.length === 0 && ended && /^ECONN(REFUSED|RESET)$|hang up/.test(cause)) return false;
    // Between accept(2) and the first line of the app that could note it, it may have been a victim's.
    return owners.length > 0 || victims.size === 0;
  });
}

/** @throws Fails when requests failed for which nobody stands */
export function judgeRequests(stage: Stage, excuses: Excuses): void {
  const failed = unexcused(stage, excuses);
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
