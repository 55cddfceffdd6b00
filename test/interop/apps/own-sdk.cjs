// An app that sets its own SDK up, as the guides show it.
const { NodeSDK } = require('@opentelemetry/sdk-node');

new NodeSDK({ traceExporter: undefined, spanProcessors: [] }).start();
require('./express.cjs');
