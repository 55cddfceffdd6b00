import type { FollowLine, FullStatus, WatchedWorker } from '../../contract/control-protocol.js';
import { toKfError } from '../../contract/errors.js';
import type { Call } from '../../control/client.js';
import { deferred } from '../../control/deferred.js';
import { type Answered, sendRequest, type TraceIds } from './send-request.js';

/** What became of a request, as far as the workers of a supervisor have seen it. */
export interface Followed {
  readonly answered: Answered;
  /** By process; those that have seen nothing too. */
  readonly workers: readonly WatchedWorker[];
  /** Slots of workers that did not answer. */
  readonly silent: readonly number[];
  /** HTTP requests that the workers have answered meanwhile; undefined where that is not known. */
  readonly served: number | undefined;
  /** Short names of what instruments them. */
  readonly instrumented: readonly string[];
}

export type CallSupervisor = <T, Line = unknown>(what: Call<Line>) => Promise<T>;

/** After the answer: until the first span shows, and until the collector has its word; in milliseconds. */
const FIRST_SPAN = 3_000;
const LAST_WORD = 8_000;
/** The app's answer and all of this. */
const FOLLOW_SECONDS = 30;

/**
 * Lets every worker look out for a trace, those too that a reload forks meanwhile, then sends the request, and waits until
 * each worker that has seen it knows what became of its spans.
 *
 * @throws KfError UNREACHABLE for an app or a supervisor that does not answer
 */
export async function follow(call: CallSupervisor, url: URL, ids: TraceIds): Promise<Followed> {
  const before = await call<FullStatus>({ path: '/v1/status' });
  const gone = new AbortController();
  const workers = new Map<number, WatchedWorker>();
  let silent: readonly number[] = [];
  let look: () => void = () => undefined;
  const begun = deferred<void>();
  const over = call<void, FollowLine>({
    path: `/v1/follow?trace=${ids.traceId}&seconds=${FOLLOW_SECONDS}`,
    signal: gone.signal,
    onLine: (line) => {
      if (line.type === 'seen') workers.set(line.pid, line);
      else {
        silent = line.silent;
        begun.resolve();
      }
      look();
    },
  });
  try {
    await Promise.race([begun.promise, over]);
    const answered = await sendRequest(url, ids);
    await Promise.race([over, settled(workers, gone.signal, (again) => (look = again))]);
    const after = await call<FullStatus>({ path: '/v1/status' });
    const instrumented = after.workers.flatMap(({ stats }) => stats?.instrumentations ?? []).map(({ name }) => name);
    return { answered, workers: [...workers.values()], silent, served: servedBetween(before, after), instrumented };
  } finally {
    gone.abort();
    await over.catch((error: unknown) => toKfError(error)); // the request's own error is the one that counts
  }
}

/** Resolves when nothing more is to be expected, or is asked for. `onChange` gets what is to be called after each line. */
function settled(
  workers: ReadonlyMap<number, WatchedWorker>,
  over: AbortSignal,
  onChange: (look: () => undefined) => void,
): Promise<void> {
  return new Promise((resolve) => {
    const saw = () => [...workers.values()].filter(({ spans }) => spans.length > 0);
    const timers = [setTimeout(() => saw().length === 0 && done(), FIRST_SPAN), setTimeout(() => done(), LAST_WORD)];
    const done = () => {
      for (const timer of timers) clearTimeout(timer);
      resolve();
    };
    const look = () => {
      const all = saw();
      if (all.length > 0 && all.every(({ fate }) => fate !== 'open' && fate !== 'waiting')) done();
      return undefined;
    };
    // A timer that is left would keep the command for as long as it runs.
    over.addEventListener('abort', done);
    onChange(look);
    look();
  });
}

/** A worker that is gone took its count along: then nobody knows. */
function servedBetween(before: FullStatus, after: FullStatus): number | undefined {
  const counts = new Map(before.workers.map(({ pid, stats }) => [pid, stats?.requests]));
  const isSame = before.workers.every(({ pid }) => after.workers.some((one) => one.pid === pid));
  if (!isSame) return undefined;
  return after.workers.reduce((sum, { pid, stats }) => sum + (stats?.requests ?? 0) - (counts.get(pid) ?? 0), 0);
}
