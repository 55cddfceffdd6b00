import { type DiagLogger, DiagLogLevel, diag } from '@opentelemetry/api';
import type { Log } from '../contract/log.js';
import { type Env, read } from '../otel-env/read-variable.js';
import type { ValueOf } from '../otel-env/variables.js';

const LEVELS = {
  none: DiagLogLevel.NONE,
  error: DiagLogLevel.ERROR,
  warn: DiagLogLevel.WARN,
  info: DiagLogLevel.INFO,
  debug: DiagLogLevel.DEBUG,
  verbose: DiagLogLevel.VERBOSE,
  all: DiagLogLevel.ALL,
} as const satisfies Record<NonNullable<ValueOf<'OTEL_LOG_LEVEL'>>, DiagLogLevel>;

/** With OTEL_LOG_LEVEL set, the SDK's own diagnostics go to the worker's log. Without it the SDK stays silent. */
export function enableDiagnostics(env: Env, log: Log): void {
  const name = read(env, 'OTEL_LOG_LEVEL');
  if (name === undefined) return;
  diag.setLogger(toDiagLogger(log), { logLevel: LEVELS[name], suppressOverrideMessage: true });
}

/** Our own level does not filter here: who sets OTEL_LOG_LEVEL=debug wants to see it. */
function toDiagLogger(log: Log): DiagLogger {
  const line =
    (write: Log['info']): DiagLogger['info'] =>
    (message, ...rest) =>
      write(`otel: ${[message, ...rest.map(render)].join(' ')}`);
  return {
    error: line(log.error),
    warn: line(log.warn),
    info: line(log.info),
    debug: line(log.info),
    verbose: line(log.info),
  };
}

/** Spans print as whole object graphs with debug: their names are what helps. */
function render(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => item?.name ?? String(item)).join(', ')}]`;
  if (value instanceof Error) return value.message;
  return typeof value === 'object' ? '' : String(value);
}
