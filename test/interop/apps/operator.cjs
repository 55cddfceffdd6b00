// As the image of the Kubernetes operator has it: a NodeSDK with every instrumentation, for each process that inherits it.
const { getNodeAutoInstrumentations } = require('@opentelemetry/auto-instrumentations-node');
const { OTLPTraceExporter } = require('@opentelemetry/exporter-trace-otlp-grpc');
const { NodeSDK } = require('@opentelemetry/sdk-node');

new NodeSDK({ instrumentations: [getNodeAutoInstrumentations()], traceExporter: new OTLPTraceExporter() }).start();
