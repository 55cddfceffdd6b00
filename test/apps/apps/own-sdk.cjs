// The app's own SDK, as OpenTelemetry's guide to Node has it.
const { OTLPTraceExporter } = require('@opentelemetry/exporter-trace-otlp-proto');
const { HttpInstrumentation } = require('@opentelemetry/instrumentation-http');
const { NodeSDK } = require('@opentelemetry/sdk-node');

const sdk = new NodeSDK({ traceExporter: new OTLPTraceExporter(), instrumentations: [new HttpInstrumentation()] });
sdk.start();
process.on('SIGTERM', () => {
  sdk
    .shutdown()
    .catch((error) => console.log('Error terminating tracing', error))
    .finally(() => process.exit(0));
});

const http = require('node:http');
http
  .createServer((_request, response) => setTimeout(() => response.end('served'), 5))
  .listen(Number(process.env.PORT), '127.0.0.1');
