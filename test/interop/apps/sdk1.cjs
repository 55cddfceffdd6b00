// Sends five spans with the SDK 1.30 and its exporters: node sdk1.cjs <protocol> <url> <compression>
const { SpanKind, SpanStatusCode } = require('@opentelemetry/api');
const { Resource } = require('sdk1-resources');
const { BatchSpanProcessor, NodeTracerProvider } = require('sdk1-trace-node');

const [, , protocol, url, compression] = process.argv;
const packages = { grpc: 'sdk1-otlp-grpc', 'http/protobuf': 'sdk1-otlp-proto', 'http/json': 'sdk1-otlp-http' };
const { OTLPTraceExporter } = require(packages[protocol]);
const provider = new NodeTracerProvider({
  resource: new Resource({ 'service.name': 'sdk1' }),
  spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter({ url, compression }))],
});
const tracer = provider.getTracer('sdk1-sender', '1.30.0');
const link = { context: { traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 1 } };
for (let index = 0; index < 5; index += 1) {
  const options = { kind: SpanKind.CLIENT, attributes: { index, deep: [1, 2] }, links: [link] };
  const span = tracer.startSpan(`span ${index}`, options);
  span.recordException(new RangeError('out of dice'));
  span.setStatus({ code: SpanStatusCode.ERROR, message: 'failed' }).end();
}
provider.shutdown();
