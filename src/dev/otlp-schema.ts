import protobuf, { type INamespace, type IType, type Type } from 'protobufjs/light.js';

/** The request of each OTLP service, and what both transports answer. Field numbers: opentelemetry-proto 1.x. */
export type MessageName =
  | 'ExportTraceServiceRequest'
  | 'ExportMetricsServiceRequest'
  | 'ExportLogsServiceRequest'
  | 'ExportServiceResponse'
  | 'Status'
  | 'RetryInfo';

/** The compiled codec of one message. */
export function messageType(name: MessageName): Type {
  return root.lookupType(name);
}

const COMMON = {
  AnyValue: {
    oneofs: {
      value: {
        oneof: ['stringValue', 'boolValue', 'intValue', 'doubleValue', 'arrayValue', 'kvlistValue', 'bytesValue'],
      },
    },
    fields: fields({
      stringValue: ['string', 1],
      boolValue: ['bool', 2],
      intValue: ['int64', 3],
      doubleValue: ['double', 4],
      arrayValue: ['ArrayValue', 5],
      kvlistValue: ['KeyValueList', 6],
      bytesValue: ['bytes', 7],
    }),
  },
  ArrayValue: message({ values: ['AnyValue[]', 1] }),
  KeyValueList: message({ values: ['KeyValue[]', 1] }),
  KeyValue: message({ key: ['string', 1], value: ['AnyValue', 2] }),
  InstrumentationScope: message({
    name: ['string', 1],
    version: ['string', 2],
    attributes: ['KeyValue[]', 3],
    droppedAttributesCount: ['uint32', 4],
  }),
  Resource: message({ attributes: ['KeyValue[]', 1], droppedAttributesCount: ['uint32', 2] }),
};

const TRACES = {
  ExportTraceServiceRequest: message({ resourceSpans: ['ResourceSpans[]', 1] }),
  ResourceSpans: message({ resource: ['Resource', 1], scopeSpans: ['ScopeSpans[]', 2], schemaUrl: ['string', 3] }),
  ScopeSpans: message({ scope: ['InstrumentationScope', 1], spans: ['Span[]', 2], schemaUrl: ['string', 3] }),
  Span: message({
    traceId: ['bytes', 1],
    spanId: ['bytes', 2],
    traceState: ['string', 3],
    parentSpanId: ['bytes', 4],
    name: ['string', 5],
    // Enums travel as varints; as int32 an unknown number is kept instead of refused.
    kind: ['int32', 6],
    startTimeUnixNano: ['fixed64', 7],
    endTimeUnixNano: ['fixed64', 8],
    attributes: ['KeyValue[]', 9],
    droppedAttributesCount: ['uint32', 10],
    events: ['SpanEvent[]', 11],
    droppedEventsCount: ['uint32', 12],
    links: ['SpanLink[]', 13],
    droppedLinksCount: ['uint32', 14],
    status: ['SpanStatus', 15],
    flags: ['fixed32', 16],
  }),
  SpanEvent: message({
    timeUnixNano: ['fixed64', 1],
    name: ['string', 2],
    attributes: ['KeyValue[]', 3],
    droppedAttributesCount: ['uint32', 4],
  }),
  SpanLink: message({
    traceId: ['bytes', 1],
    spanId: ['bytes', 2],
    traceState: ['string', 3],
    attributes: ['KeyValue[]', 4],
    droppedAttributesCount: ['uint32', 5],
    flags: ['fixed32', 6],
  }),
  SpanStatus: message({ message: ['string', 2], code: ['int32', 3] }),
};

const METRICS = {
  ExportMetricsServiceRequest: message({ resourceMetrics: ['ResourceMetrics[]', 1] }),
  ResourceMetrics: message({ resource: ['Resource', 1], scopeMetrics: ['ScopeMetrics[]', 2] }),
  ScopeMetrics: message({ scope: ['InstrumentationScope', 1], metrics: ['Metric[]', 2] }),
  Metric: {
    oneofs: { data: { oneof: ['gauge', 'sum', 'histogram', 'exponentialHistogram', 'summary'] } },
    fields: fields({
      name: ['string', 1],
      description: ['string', 2],
      unit: ['string', 3],
      gauge: ['NumberData', 5],
      sum: ['NumberData', 7],
      histogram: ['HistogramData', 9],
      exponentialHistogram: ['ExponentialData', 10],
      summary: ['SummaryData', 11],
    }),
  },
  // The kinds of data have temporality and monotony at the same places, as far as they have them.
  NumberData: data('NumberDataPoint'),
  HistogramData: data('HistogramDataPoint'),
  ExponentialData: data('ExponentialDataPoint'),
  SummaryData: data('SummaryDataPoint'),
  NumberDataPoint: {
    oneofs: { value: { oneof: ['asDouble', 'asInt'] } },
    fields: fields({
      timeUnixNano: ['fixed64', 3],
      asDouble: ['double', 4],
      asInt: ['sfixed64', 6],
      attributes: ['KeyValue[]', 7],
    }),
  },
  HistogramDataPoint: distribution(9, { bucketCounts: ['fixed64[]', 6], explicitBounds: ['double[]', 7] }),
  ExponentialDataPoint: distribution(1, {
    scale: ['sint32', 6],
    zeroCount: ['fixed64', 7],
    positive: ['ExponentialBuckets', 8],
    negative: ['ExponentialBuckets', 9],
  }),
  ExponentialBuckets: message({ offset: ['sint32', 1], bucketCounts: ['uint64[]', 2] }),
  SummaryDataPoint: distribution(7, {}),
};

const LOGS = {
  ExportLogsServiceRequest: message({ resourceLogs: ['ResourceLogs[]', 1] }),
  ResourceLogs: message({ resource: ['Resource', 1], scopeLogs: ['ScopeLogs[]', 2] }),
  ScopeLogs: message({ scope: ['InstrumentationScope', 1], logRecords: ['LogRecord[]', 2] }),
  LogRecord: message({
    timeUnixNano: ['fixed64', 1],
    severityNumber: ['int32', 2],
    severityText: ['string', 3],
    body: ['AnyValue', 5],
    attributes: ['KeyValue[]', 6],
    droppedAttributesCount: ['uint32', 7],
    flags: ['fixed32', 8],
    traceId: ['bytes', 9],
    spanId: ['bytes', 10],
    observedTimeUnixNano: ['fixed64', 11],
    eventName: ['string', 12],
  }),
};

const ANSWERS = {
  // The three services answer with messages of the same shape: partial_success { rejected = 1, error_message = 2 }.
  ExportServiceResponse: message({ partialSuccess: ['PartialSuccess', 1] }),
  PartialSuccess: message({ rejected: ['int64', 1], errorMessage: ['string', 2] }),
  // google.rpc.Status and google.rpc.RetryInfo
  Status: message({ code: ['int32', 1], message: ['string', 2], details: ['Any[]', 3] }),
  Any: message({ typeUrl: ['string', 1], value: ['bytes', 2] }),
  RetryInfo: message({ retryDelay: ['Duration', 1] }),
  Duration: message({ seconds: ['int64', 1], nanos: ['int32', 2] }),
};

const descriptor: INamespace = { nested: { ...COMMON, ...TRACES, ...METRICS, ...LOGS, ...ANSWERS } };
const root = protobuf.Root.fromJSON(descriptor).resolveAll();

type FieldTable = Readonly<Record<string, readonly [type: string, id: number]>>;

function message(table: FieldTable): IType {
  return { fields: fields(table) };
}

/** What points of a kind of metric are wrapped in. */
function data(point: string): IType {
  return message({ dataPoints: [`${point}[]`, 1], aggregationTemporality: ['int32', 2], isMonotonic: ['bool', 3] });
}

/** What every distribution has, and its own. */
function distribution(attributes: number, own: FieldTable): IType {
  return message({
    timeUnixNano: ['fixed64', 3],
    count: ['fixed64', 4],
    sum: ['double', 5],
    attributes: ['KeyValue[]', attributes],
    ...own,
  });
}

function fields(table: FieldTable): IType['fields'] {
  return Object.fromEntries(
    Object.entries(table).map(([name, [type, id]]) => [
      name,
      type.endsWith('[]') ? { type: type.slice(0, -2), id, rule: 'repeated' } : { type, id },
    ]),
  );
}
