import { context, type SpanContext, trace } from '@opentelemetry/api';
import { SeverityNumber } from '@opentelemetry/api-logs';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { LoggerProvider, type ReadableLogRecord } from '@opentelemetry/sdk-logs';
import test, { type ExecutionContext } from 'ava';
import { wrapConsole } from '../../../src/telemetry/signals/console-capture.js';

const METHODS = ['debug', 'log', 'info', 'warn', 'error'] as const;
type Method = (typeof METHODS)[number];
const IDS: SpanContext = {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  traceFlags: 1,
};
const TEXT = `trace_id=${IDS.traceId} span_id=${IDS.spanId} trace_flags=01`;

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());

interface Setting {
  readonly correlate?: boolean;
  readonly capture?: boolean;
  readonly onEmit?: (record: ReadableLogRecord) => void;
}

/** A wrapped console that notes what it would print, and the records of a real logger behind it. */
function wrapped(t: ExecutionContext, { correlate = false, capture = true, onEmit = () => undefined }: Setting = {}) {
  const printed: [Method, ...unknown[]][] = [];
  const records: ReadableLogRecord[] = [];
  const before = METHODS.map((method) => [method, console[method]] as const);
  t.teardown(() => {
    for (const [method, print] of before) console[method] = print;
  });
  for (const method of METHODS) {
    console[method] = function said(...args: unknown[]) {
      printed.push([method, ...args]);
    };
  }
  const processor = {
    onEmit: (record: ReadableLogRecord) => {
      records.push(record);
      onEmit(record);
    },
    forceFlush: async () => undefined,
    shutdown: async () => undefined,
  };
  const logger = new LoggerProvider({ processors: [processor] }).getLogger('console');
  wrapConsole({ correlate, logger: capture ? logger : undefined });
  return { printed, records };
}
const inSpan = (act: () => void, ids = IDS) => context.with(trace.setSpanContext(context.active(), ids), act);

test.serial('each method is a record of its severity, and prints what it was given', (t) => {
  const { printed, records } = wrapped(t);
  for (const method of METHODS) console[method]('hello', 1);
  t.deepEqual(
    records.map(({ severityNumber, severityText, body }) => [severityNumber, severityText, body]),
    [
      [SeverityNumber.DEBUG, 'DEBUG', 'hello 1'],
      [SeverityNumber.INFO, 'INFO', 'hello 1'],
      [SeverityNumber.INFO, 'INFO', 'hello 1'],
      [SeverityNumber.WARN, 'WARN', 'hello 1'],
      [SeverityNumber.ERROR, 'ERROR', 'hello 1'],
    ],
  );
  t.deepEqual(
    printed,
    METHODS.map((method) => [method, 'hello', 1]),
  );
});

test.serial('the body is the text that is printed: a format is filled in, a lone text is left as it is', (t) => {
  const { records } = wrapped(t);
  console.log('%s is %d%%', 'x', 3);
  console.log('100%% %s');
  console.log({ a: [1] });
  console.log('grüße', '日本');
  t.deepEqual(
    records.map(({ body }) => body),
    ['x is 3%', '100%% %s', '{ a: [ 1 ] }', 'grüße 日本'],
  );
});

test.serial('an empty line is printed and is no record', (t) => {
  const { printed, records } = wrapped(t, { correlate: true });
  inSpan(() => console.log());
  t.deepEqual([printed, records], [[['log']], []]);
});

test.serial('an error among the values is the exception of the record, wherever it stands', (t) => {
  const { records } = wrapped(t);
  console.error('failed:', new TypeError('no number'), new Error('second'));
  console.error('no error');
  t.like(records[0]?.attributes, { 'exception.type': 'TypeError', 'exception.message': 'no number' });
  t.is(records[1]?.attributes['exception.type'], undefined);
});

test.serial('a record has the ids of the span it was printed in, also where the printed line gets none', (t) => {
  const { printed, records } = wrapped(t);
  inSpan(() => console.log('inside'));
  console.log('outside');
  t.like(records[0]?.spanContext, { traceId: IDS.traceId, spanId: IDS.spanId });
  t.is(records[1]?.spanContext, undefined);
  t.deepEqual(printed, [
    ['log', 'inside'],
    ['log', 'outside'],
  ]);
});

test.serial('what a logger prints itself is printed, and is no record of its own: there is no end to that', (t) => {
  const { printed, records } = wrapped(t, { onEmit: () => console.warn('of the logger') });
  console.log('of the app');
  console.log('again');
  t.deepEqual(printed, [
    ['warn', 'of the logger'],
    ['log', 'of the app'],
    ['warn', 'of the logger'],
    ['log', 'again'],
  ]);
  t.is(records.length, 2);
});

test.serial('a logger that throws costs no line, neither this one nor the next', (t) => {
  const { printed, records } = wrapped(t, {
    onEmit: () => {
      throw new Error('full');
    },
  });
  console.error('one');
  console.error('two');
  t.deepEqual(printed, [
    ['error', 'one'],
    ['error', 'two'],
  ]);
  t.is(records.length, 2);
});

test.serial('a value that cannot be made a text is given to the console as it was', (t) => {
  const { printed } = wrapped(t, { correlate: true });
  const hostile = {
    toString() {
      throw new Error('no text');
    },
  };
  inSpan(() => console.log('%d %s', 1, hostile));
  inSpan(() => console.log('fine'));
  t.deepEqual(printed, [
    ['log', '%d %s', 1, hostile],
    ['log', `fine ${TEXT}`],
  ]);
});

test.serial('ids are added without a logger too; those of no valid span never', (t) => {
  const { printed, records } = wrapped(t, { correlate: true, capture: false });
  inSpan(() => console.warn('valid'));
  inSpan(() => console.warn('invalid'), { ...IDS, traceId: '0'.repeat(32) });
  inSpan(() => console.warn('not sampled'), { ...IDS, traceFlags: 0 });
  t.deepEqual(printed, [
    ['warn', `valid ${TEXT}`],
    ['warn', 'invalid'],
    ['warn', `not sampled ${TEXT.slice(0, -1)}0`],
  ]);
  t.deepEqual(records, []);
});

test.serial('the ids that are printed are in no body: a record has them as fields', (t) => {
  const { printed, records } = wrapped(t, { correlate: true });
  inSpan(() => console.info('{"a":1}'));
  t.is(records[0]?.body, '{"a":1}');
  t.is(JSON.parse(String(printed[0]?.[1])).trace_id, IDS.traceId);
});

test.serial(
  'console.assert and others that print by a method are records of that method; the name of a method stays',
  (t) => {
    const { printed, records } = wrapped(t);
    console.assert(false, 'wrong');
    t.deepEqual([printed.length, records.length], [1, 1]);
    t.is(records[0]?.severityNumber, SeverityNumber.WARN);
    t.deepEqual(
      METHODS.map((method) => console[method].name),
      METHODS.map(() => 'said'),
    );
  },
);
