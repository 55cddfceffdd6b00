import { keysOf, tableOf } from '../../../../contract/table-keys.js';

/** How a field of protobuf is written in JSON; `id` are bytes that OTLP/JSON writes in hexadecimal. */
export type Scalar =
  | 'string'
  | 'bytes'
  | 'id'
  | 'bool'
  | 'int32'
  | 'uint32'
  | 'sint32'
  | 'int64'
  | 'uint64'
  | 'fixed32'
  | 'fixed64'
  | 'sfixed64'
  | 'double';

export interface FieldSpec {
  readonly name: string;
  readonly type: Scalar | MessageName;
  readonly repeated: boolean;
}

const NUMBERS = '2 startTimeUnixNano fixed64\n3 timeUnixNano fixed64';
const LINK_IDS = '1 traceId id\n2 spanId id\n3 traceState string';
const SCOPED = (name: string, type: string) => `1 scope InstrumentationScope\n2 ${name} ${type}[]\n3 schemaUrl string`;
const OF_RESOURCE = (name: string, type: string) => `1 resource Resource\n2 ${name} ${type}[]\n3 schemaUrl string`;

/** `number name type`, one a line; a type with [] is repeated. Field numbers: opentelemetry-proto 1.x. */
const TEXTS = {
  AnyValue: `1 stringValue string\n2 boolValue bool\n3 intValue int64\n4 doubleValue double
5 arrayValue ArrayValue\n6 kvlistValue KeyValueList\n7 bytesValue bytes`,
  ArrayValue: '1 values AnyValue[]',
  KeyValueList: '1 values KeyValue[]',
  KeyValue: '1 key string\n2 value AnyValue',
  InstrumentationScope: '1 name string\n2 version string\n3 attributes KeyValue[]\n4 droppedAttributesCount uint32',
  Resource: '1 attributes KeyValue[]\n2 droppedAttributesCount uint32',

  TracesData: '1 resourceSpans ResourceSpans[]',
  ResourceSpans: OF_RESOURCE('scopeSpans', 'ScopeSpans'),
  ScopeSpans: SCOPED('spans', 'Span'),
  Span: `${LINK_IDS}\n4 parentSpanId id\n5 name string\n6 kind int32\n7 startTimeUnixNano fixed64
8 endTimeUnixNano fixed64\n9 attributes KeyValue[]\n10 droppedAttributesCount uint32\n11 events Event[]
12 droppedEventsCount uint32\n13 links Link[]\n14 droppedLinksCount uint32\n15 status Status\n16 flags fixed32`,
  Event: '1 timeUnixNano fixed64\n2 name string\n3 attributes KeyValue[]\n4 droppedAttributesCount uint32',
  Link: `${LINK_IDS}\n4 attributes KeyValue[]\n5 droppedAttributesCount uint32\n6 flags fixed32`,
  Status: '2 message string\n3 code int32',

  LogsData: '1 resourceLogs ResourceLogs[]',
  ResourceLogs: OF_RESOURCE('scopeLogs', 'ScopeLogs'),
  ScopeLogs: SCOPED('logRecords', 'LogRecord'),
  LogRecord: `1 timeUnixNano fixed64\n2 severityNumber int32\n3 severityText string\n5 body AnyValue
6 attributes KeyValue[]\n7 droppedAttributesCount uint32\n8 flags fixed32\n9 traceId id\n10 spanId id
11 observedTimeUnixNano fixed64\n12 eventName string`,

  MetricsData: '1 resourceMetrics ResourceMetrics[]',
  ResourceMetrics: OF_RESOURCE('scopeMetrics', 'ScopeMetrics'),
  ScopeMetrics: SCOPED('metrics', 'Metric'),
  Metric: `1 name string\n2 description string\n3 unit string\n5 gauge Gauge\n7 sum Sum\n9 histogram Histogram
10 exponentialHistogram ExponentialHistogram`,
  Gauge: '1 dataPoints NumberDataPoint[]',
  Sum: '1 dataPoints NumberDataPoint[]\n2 aggregationTemporality int32\n3 isMonotonic bool',
  Histogram: '1 dataPoints HistogramDataPoint[]\n2 aggregationTemporality int32',
  ExponentialHistogram: '1 dataPoints ExponentialHistogramDataPoint[]\n2 aggregationTemporality int32',
  NumberDataPoint: `${NUMBERS}\n4 asDouble double\n6 asInt sfixed64\n7 attributes KeyValue[]\n8 flags uint32`,
  HistogramDataPoint: `${NUMBERS}\n4 count fixed64\n5 sum double\n6 bucketCounts fixed64[]
7 explicitBounds double[]\n9 attributes KeyValue[]\n10 flags uint32\n11 min double\n12 max double`,
  ExponentialHistogramDataPoint: `${NUMBERS}\n1 attributes KeyValue[]\n4 count fixed64\n5 sum double
6 scale sint32\n7 zeroCount fixed64\n8 positive Buckets\n9 negative Buckets\n10 flags uint32\n12 min double
13 max double\n14 zeroThreshold double`,
  Buckets: '1 offset sint32\n2 bucketCounts uint64[]',
} as const;

export type MessageName = keyof typeof TEXTS;

/** The messages that the SDK's exporters write, by name: each field by its number. */
export const MESSAGES: Readonly<Record<MessageName, Readonly<Record<number, FieldSpec>>>> = tableOf(
  keysOf(TEXTS),
  (name) => Object.fromEntries(TEXTS[name].split('\n').map(fieldOf)),
);

function fieldOf(line: string): [number, FieldSpec] {
  const [number, name = '', type = ''] = line.split(' ');
  const repeated = type.endsWith('[]');
  return [Number(number), { name, type: type.replace('[]', '') as FieldSpec['type'], repeated }];
}
