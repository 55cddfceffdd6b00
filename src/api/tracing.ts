import { isMainThread } from 'node:worker_threads';
import { context, createContextKey, type Span, type SpanOptions, SpanStatusCode, trace } from '@opentelemetry/api';
import { acquireProcess, releaseProcess } from '../telemetry/one-per-process.js';
import type { Single } from '../telemetry/single.js';

export interface WithSpanOptions extends SpanOptions {
  /** The name of the tracer, which is the span's instrumentation scope. Default: `kf-cluster/tracing`. */
  readonly tracer?: string;
}

/**
 * Runs `fn` in a span that is active meanwhile, and ends the span when `fn` returns or its promise settles. What `fn`
 * throws is recorded as an exception AND makes the span's status an error, and is thrown on: recordException alone
 * leaves a span that looks well.
 */
export function withSpan<T>(name: string, fn: (span: Span) => T): T;
export function withSpan<T>(name: string, options: WithSpanOptions, fn: (span: Span) => T): T;
export function withSpan<T>(name: string, first: WithSpanOptions | ((span: Span) => T), second?: (span: Span) => T): T {
  const fn = typeof first === 'function' ? first : second;
  if (!fn) throw new TypeError('withSpan needs a function to run: withSpan(name, [options,] fn)');
  const { tracer = 'kf-cluster/tracing', ...options } = typeof first === 'function' ? {} : first;
  const span = trace.getTracer(tracer).startSpan(name, options);
  try {
    const result = context.with(trace.setSpan(context.active(), span), fn, undefined, span);
    if (!isPromise(result)) {
      span.end();
      return result;
    }
    return result.then(
      (value) => {
        span.end();
        return value;
      },
      (error) => fail(span, error),
    ) as T;
  } catch (error) {
    return fail(span, error);
  }
}

/** Under which the HTTP instrumentations, ours and upstream's, keep what they know of the request that is handled. */
const REQUEST = createContextKey('OpenTelemetry SDK Context Key RPC_METADATA');

/**
 * Gives the SERVER span of the request that is handled now its route, `/users/:id`, as `http.route` and in its name: for
 * routers that no instrumentation knows (Hono, h3, one of your own). The last one that is set before the response ends
 * counts. Without a request it does nothing.
 */
export function setRoute(route: string): void {
  const request = context.active().getValue(REQUEST) as { route?: string } | undefined;
  if (request) request.route = route;
}

/**
 * Sets up the telemetry of this process as `kf-cluster/register` does, runs `fn`, and resolves to its result when
 * everything that ended by then is sent or in the spool; for scripts and jobs that are started without flags. Libraries
 * that are instrumented (not Node's own modules) must be imported within `fn`. Where there is telemetry already (a
 * worker, `--import kf-cluster/register`, a worker thread, a call before this one) it only runs `fn`.
 *
 * @throws KfError OTEL_INVALID, HEADERS_FILE and the others of a worker's set-up; what `fn` throws, after the flush
 */
export async function withTelemetry<T>(fn: () => T | Promise<T>): Promise<T> {
  if (!isMainThread || process.env.KF_WORKER_SLOT !== undefined || !acquireProcess()) return fn();
  const { flush } = await setUp();
  try {
    return await fn();
  } finally {
    await flush();
  }
}

async function setUp(): Promise<Single> {
  try {
    const { openSingle } = await import('../telemetry/single.js');
    return await openSingle(process.argv[1] ?? process.cwd());
  } catch (error) {
    releaseProcess();
    throw error;
  }
}

function fail(span: Span, error: unknown): never {
  const known = error instanceof Error ? error : String(error);
  span.recordException(known);
  span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.message : String(error) });
  span.end();
  throw error;
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
