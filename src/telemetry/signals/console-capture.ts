import { format } from 'node:util';
import { isSpanContextValid, type SpanContext, trace } from '@opentelemetry/api';
import { type Logger, SeverityNumber } from '@opentelemetry/api-logs';
import { keysOf } from '../../contract/table-keys.js';
import { standIn } from '../../worker/node-internals/stand-in.js';

interface ConsoleOptions {
  /** Whether the ids of the active span are added to what is printed. */
  readonly correlate: boolean;
  /** Gets what is printed, as log records. */
  readonly logger: Logger | undefined;
}

const METHODS = {
  debug: SeverityNumber.DEBUG,
  log: SeverityNumber.INFO,
  info: SeverityNumber.INFO,
  warn: SeverityNumber.WARN,
  error: SeverityNumber.ERROR,
} as const;
type Method = keyof typeof METHODS;

/** Wraps the console's methods that print a message. Whatever fails in here, the message is printed as it was. */
export function wrapConsole({ correlate, logger }: ConsoleOptions): void {
  let inside = false;
  for (const method of keysOf(METHODS)) {
    const print = console[method];
    console[method] = standIn(print, (_console, args: unknown[]) => {
      // One method calls another, and what is called here may print itself.
      if (inside || args.length === 0) return print(...args);
      inside = true;
      let shown: readonly unknown[] = args;
      try {
        if (logger) emit(logger, method, args);
        if (correlate) shown = correlated(args);
      } catch {
        // A value whose toString throws, say: the console itself knows how to show it, or throws as it would have.
      } finally {
        inside = false;
      }
      print(...shown);
    });
  }
}

function emit(logger: Logger, method: Method, args: readonly unknown[]): void {
  const exception = args.find((arg) => arg instanceof Error);
  logger.emit({
    severityNumber: METHODS[method],
    severityText: method === 'log' ? 'INFO' : method.toUpperCase(),
    body: args.length === 1 && typeof args[0] === 'string' ? args[0] : format(...args),
    ...(exception !== undefined && { exception }),
  });
}

/** With the ids of the active span: in a line that is a JSON object as members, behind anything else as text. */
function correlated(args: readonly unknown[]): readonly unknown[] {
  const context = trace.getActiveSpan()?.spanContext();
  if (!context || !isSpanContextValid(context)) return args;
  const [first, ...rest] = args;
  const ids = idsOf(context);
  if (typeof first === 'string') {
    // A lone text is printed as it is; with a second value beside it, it would be a format.
    if (rest.length === 0) return [withIds(first, ids)];
    // A place for an argument in the format must not take ours.
    if (first.includes('%')) return [withIds(format(first, ...rest), ids)];
  }
  return [...args, pairs(ids)];
}

type Ids = ReturnType<typeof idsOf>;

function idsOf({ traceId, spanId, traceFlags }: SpanContext) {
  return { trace_id: traceId, span_id: spanId, trace_flags: traceFlags.toString(16).padStart(2, '0') };
}

function pairs(ids: Ids): string {
  return Object.entries(ids)
    .map(([name, id]) => `${name}=${id}`)
    .join(' ');
}

function withIds(text: string, ids: Ids): string {
  return isJson(text) ? intoJson(text, ids) : `${text} ${pairs(ids)}`;
}

function isJson(text: string): boolean {
  if (!/^\s*[[{"\d-]|^\s*(true|false|null)\s*$/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    // Most lines that begin like JSON and are none.
    return false;
  }
}

/** Members are put before the last brace: the rest of the line stays as its writer wrote it. */
function intoJson(line: string, ids: Ids): string {
  const end = line.lastIndexOf('}');
  if (!/^\s*\{/.test(line) || line.includes('"trace_id"')) return line;
  const before = line.slice(0, end).trimEnd();
  const comma = before.endsWith('{') ? '' : ',';
  return `${before}${comma}${JSON.stringify(ids).slice(1, -1)}${line.slice(end)}`;
}
