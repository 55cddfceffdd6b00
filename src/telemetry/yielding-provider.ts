import type { Tracer } from '@opentelemetry/api';
import type { WorkerProvider } from '../../hooks/types.js';

type Scope = Parameters<WorkerProvider['getTracer']>;

/**
 * A provider whose tracers write to whatever `current` is: those that an SDK's instrumentations got before it registered
 * itself belong to it afterwards. All else is that of `ours`.
 */
export function yieldingProvider(ours: WorkerProvider, current: () => WorkerProvider): WorkerProvider {
  const getTracer = (...scope: Scope): Tracer => {
    let from: WorkerProvider | undefined;
    let found: Tracer | undefined;
    const tracer = () => {
      const now = current();
      if (found === undefined || from !== now) found = now.getTracer(...scope);
      from = now;
      return found;
    };
    return {
      startSpan: (...args) => tracer().startSpan(...args),
      startActiveSpan: (...args: unknown[]) => Reflect.apply(tracer().startActiveSpan, tracer(), args),
    };
  };
  return new Proxy(ours, {
    get: (target, name) => {
      if (name === 'getTracer') return getTracer;
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value; // its private members are its own
    },
  });
}
