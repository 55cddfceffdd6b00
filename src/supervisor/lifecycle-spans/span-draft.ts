import type { LifecycleSpan } from '../../contract/lifecycle-span.js';
import type { WorkerExit } from '../../contract/worker-exit.js';

export type SpanDraft = Pick<LifecycleSpan, 'name' | 'start' | 'end' | 'attributes'> & Partial<LifecycleSpan>;

/** A complete span with ids of its own, in the trace given or in one of its own. It never ends before it starts. */
export function makeSpan(draft: SpanDraft, roll: () => number, traceId = hex(32, roll)): LifecycleSpan {
  const spanId = hex(16, roll);
  return { events: [], children: [], ...draft, traceId, spanId, end: Math.max(draft.start, draft.end) };
}

export function exitAttributes(exit: WorkerExit): Record<string, string | number> {
  return {
    'kf.worker.slot': exit.slot,
    'kf.worker.generation': exit.generation,
    'kf.worker.pid': exit.pid,
    'kf.worker.exit.reason': exit.reason,
    ...(exit.code !== null && { 'process.exit.code': exit.code }),
    ...(exit.signal !== null && { 'kf.worker.exit.signal': exit.signal }),
  };
}

/** The event that OpenTelemetry has for an error, if there is one. */
export function exceptionEvents(at: number, error: string | undefined): LifecycleSpan['events'] {
  if (error === undefined) return [];
  const [message = ''] = error.split('\n');
  return [{ name: 'exception', at, attributes: { 'exception.message': message, 'exception.stacktrace': error } }];
}

/** So many random hexadecimal digits, never all 0: that is no valid id. */
function hex(digits: number, roll: () => number): string {
  const part = () =>
    Math.floor(roll() * 2 ** 32)
      .toString(16)
      .padStart(8, '0');
  const id = Array.from({ length: digits / 8 }, part).join('');
  return /[^0]/.test(id) ? id : `${id.slice(1)}1`;
}
