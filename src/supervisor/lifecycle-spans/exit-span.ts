import type { Predecessor } from '../../contract/worker-exit.js';
import { errorIn } from './error-text.js';
import { exceptionEvents, exitAttributes, type SpanDraft } from './span-draft.js';

/** The unplanned end of a worker: `kf.worker.exit`, or `kf.worker.hang` with the stack that blocked it. */
export function exitSpan({ at, stall, ...exit }: Predecessor, stderrTail: string): SpanDraft {
  const failed = exit.reason === 'crash' || exit.reason === 'boot-failed' || exit.reason === 'fork-failed';
  return {
    name: exit.reason === 'hang' ? 'kf.worker.hang' : 'kf.worker.exit',
    start: at - (stall?.ms ?? 0),
    end: at,
    error: exit.reason,
    attributes: { ...exitAttributes(exit), ...(stall && hangAttributes(stall)) },
    events: exceptionEvents(at, failed ? errorIn(stderrTail) : undefined),
  };
}

function hangAttributes({ ms, frames }: NonNullable<Predecessor['stall']>) {
  return {
    'kf.worker.hang.duration_ms': ms,
    'code.stacktrace': frames.map((frame) => `    at ${frame}`).join('\n'),
  };
}
