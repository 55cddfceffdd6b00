import { type Attributes, SpanStatusCode } from '@opentelemetry/api';
import type { Predecessor, WorkerProvider } from './types.js';

/**
 * Puts the unplanned end of a worker into the traces: a span `kf.worker.exit`, or `kf.worker.hang` with the stack that
 * blocked it. Made by its successor, for the primary holds no provider.
 */
export function traceEnd(provider: WorkerProvider, { at, stall, ...exit }: Predecessor): void {
  const name = exit.reason === 'hang' ? 'kf.worker.hang' : 'kf.worker.exit';
  const attributes: Attributes = {
    'kf.worker.slot': exit.slot,
    'kf.worker.generation': exit.generation,
    'kf.worker.pid': exit.pid,
    'kf.worker.exit.reason': exit.reason,
    ...(exit.code !== null && { 'process.exit.code': exit.code }),
    ...(exit.signal !== null && { 'kf.worker.exit.signal': exit.signal }),
    ...(stall && { 'kf.worker.hang.duration_ms': stall.ms, 'code.stacktrace': stackOf(stall.frames) }),
  };
  const startTime = at - (stall?.ms ?? 0);
  const span = provider.getTracer('kf-cluster').startSpan(name, { root: true, startTime, attributes });
  span.setStatus({ code: SpanStatusCode.ERROR, message: exit.reason });
  span.end(at);
}

function stackOf(frames: readonly string[]): string {
  return frames.map((frame) => `    at ${frame}`).join('\n');
}
