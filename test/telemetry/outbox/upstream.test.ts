// Every test of delivery, outages and TLS once more, over OpenTelemetry's own gRPC client.
import '../../helpers/use-upstream.js';
import './deliver.test.js';
import './outage.test.js';
import './tls.test.js';
import { createRequire } from 'node:module';
import test from 'ava';

test.after.always('they did go over it', (t) => {
  const loaded = Object.keys(createRequire(import.meta.url).cache);
  t.true(loaded.some((file) => file.includes('otlp-grpc-exporter-base')));
});
