import { JsonLogsSerializer, JsonMetricsSerializer, ProtobufMetricsSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import { MeterProvider, MetricReader, type ResourceMetrics } from '@opentelemetry/sdk-metrics';
import test from 'ava';
import fc from 'fast-check';
import { inJson, wholeRequest } from '../../../src/telemetry/outbox/format/encode/whole-request.js';
import { mergeParts } from '../../../src/telemetry/outbox/format/merge.js';
import { serializeLogs } from '../../../src/telemetry/signals/serialize-logs.js';
import { same } from '../../helpers/same.js';

// Logs and metrics in http/json, against the stock exporter's serializers: 500 of each.

const text = fc.string({ maxLength: 12 });
const scalar = fc.oneof(text, fc.boolean(), fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }));
const attributes = fc.dictionary(
  fc.stringMatching(/^[a-z]{1,6}$/),
  fc.oneof(scalar, fc.array(text, { maxLength: 3 })),
  {
    maxKeys: 4,
  },
);
const time = fc.tuple(fc.integer({ min: 1, max: 2 ** 33 }), fc.integer({ min: 0, max: 999_999_999 }));
const body = fc.oneof(
  scalar,
  fc.constant(undefined),
  fc.array(scalar, { maxLength: 3 }),
  fc.dictionary(fc.stringMatching(/^[a-z]{1,4}$/), scalar, { maxKeys: 3 }),
);
const hex = (length: number) => fc.stringMatching(new RegExp(`^[0-9a-f]{${length - 1}}[1-9a-f]$`));
const resource = resourceFromAttributes({ 'service.name': 'shop', n: 1 });

const record: fc.Arbitrary<ReadableLogRecord> = fc.record({
  hrTime: time,
  hrTimeObserved: time,
  severityNumber: fc.integer({ min: 0, max: 24 }),
  severityText: text,
  body,
  attributes,
  droppedAttributesCount: fc.nat(9),
  resource: fc.constant(resource),
  instrumentationScope: fc.record({ name: text, version: text }),
  spanContext: fc.record({ traceId: hex(32), spanId: hex(16), traceFlags: fc.nat(1) }),
});

test('500 log records: what the stock exporter writes as JSON, field by field', (t) => {
  const encode = inJson(
    'logs',
    wholeRequest(
      serializeLogs,
      (records) => records.length,
      (records) => records.map((one) => [one]),
    ),
  );
  fc.assert(
    fc.property(record, (one) => {
      const { parts } = encode([one]);
      const ours = JSON.parse(Buffer.concat(mergeParts(parts, 'json')).toString());
      const theirs = JSON.parse(Buffer.from(JsonLogsSerializer.serializeRequest([one])!).toString());
      same(t, comparable(ours), comparable(theirs));
    }),
    { numRuns: 500, seed: 15 },
  );
});

class Reader extends MetricReader {
  protected override onForceFlush = async () => undefined;
  protected override onShutdown = async () => undefined;
}

const measured = fc.record({
  name: fc.stringMatching(/^[a-z][a-z.]{0,8}[a-z]$/),
  unit: fc.constantFrom('', 's', 'By', '{request}'),
  description: text,
  kind: fc.constantFrom('createCounter', 'createUpDownCounter', 'createHistogram', 'createGauge'),
  values: fc.array(fc.tuple(fc.oneof(fc.nat(9_999), fc.double({ min: 0, max: 1e6, noNaN: true })), attributes), {
    minLength: 1,
    maxLength: 5,
  }),
} as const);

test('500 metrics: what the stock exporter writes as JSON, field by field', async (t) => {
  const encode = inJson(
    'metrics',
    wholeRequest<ResourceMetrics>(
      (metrics) => ProtobufMetricsSerializer.serializeRequest(metrics),
      () => 1,
      (metrics) => [metrics],
    ),
  );
  await fc.assert(
    fc.asyncProperty(measured, async ({ name, unit, description, kind, values }) => {
      const reader = new Reader();
      const meter = new MeterProvider({ resource, readers: [reader] }).getMeter('corpus', '1');
      const instrument = meter[kind](name, { unit, description });
      for (const [value, labels] of values) {
        if ('add' in instrument) instrument.add(value, labels);
        else instrument.record(value, labels);
      }
      const { resourceMetrics } = await reader.collect();
      const ours = JSON.parse(Buffer.concat(mergeParts(encode(resourceMetrics).parts, 'json')).toString());
      const theirs = JSON.parse(Buffer.from(JsonMetricsSerializer.serializeRequest(resourceMetrics)!).toString());
      same(t, comparable(ours), comparable(theirs));
    }),
    { numRuns: 500, seed: 15 },
  );
});

/**
 * What the two may write in different ways: 64-bit integers are texts by OTLP/JSON and numbers in the stock exporter; an
 * integer of an attribute is there a double in JSON beyond 2^31; what is empty or zero is left out by protobuf, as is the
 * schema that the stock exporter writes into a resource.
 */
function comparable(json: unknown): unknown {
  if (typeof json === 'number' || typeof json === 'boolean') return String(json);
  if (typeof json === 'string') return Buffer.from(json).toString();
  if (Array.isArray(json)) return json.map(comparable);
  if (typeof json !== 'object' || json === null) return json;
  const kept = Object.entries(json)
    .filter(([key]) => key !== 'schemaUrl')
    .map(([key, item]) =>
      /^(int|double)Value$/.test(key)
        ? (['numberValue', String(Number(item))] as const)
        : ([key, comparable(item)] as const),
    )
    .filter(([, item]) => !['', '0', '-0', 'false'].includes(item as string) && !isEmpty(item));
  return Object.fromEntries(kept);
}

const isEmpty = (item: unknown) => typeof item === 'object' && item !== null && Object.keys(item).length === 0;
