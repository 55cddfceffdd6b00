import test from 'ava';
import { isInstrumentation, shortNameOf } from '../../src/telemetry/instrumentation-packages.js';
import { isAgentsUpload, otherAgents } from '../../src/telemetry/other-agents.js';

test('other agents are known by what is loaded, each with the setting that leaves one SERVER span', (t) => {
  const files = [
    '/app/node_modules/dd-trace/index.js',
    '/app/node_modules/.pnpm/x/node_modules/@sentry/node/build/cjs/index.js',
    '/app/node_modules/next/dist/server/lib/trace/tracer.js',
    '/app/node_modules/express/index.js',
  ];
  const found = otherAgents(files);
  t.deepEqual(
    found.map(({ name }) => name),
    ['dd-trace', '@sentry/node', 'next'],
  );
  t.regex(
    found.map(({ fix }) => fix).join('\n'),
    /--no-telemetry[\s\S]*skipOpenTelemetrySetup[\s\S]*DISABLED_INSTRUMENTATIONS=http/,
  );
});

test('what agents send home is no request of the app', (t) => {
  t.true(isAgentsUpload('localhost:8126', '/v0.4/traces'));
  t.true(isAgentsUpload('collector.newrelic.com', '/agent_listener/invoke_raw_method'));
  t.true(isAgentsUpload('o1.ingest.us.sentry.io', '/api/1/envelope/'));
  t.true(isAgentsUpload('apm:8200', '/intake/v2/events'));
  t.true(isAgentsUpload('169.254.169.254', '/latest/api/token'), 'in which cloud they run');
  t.true(isAgentsUpload('apm:8200', '/', 'apm-agent-nodejs/4.18.0 (shop)'));
  t.false(isAgentsUpload('apm:8200', '/', 'shop/1.0'));
  for (const [host, path] of [
    ['shop.example', '/v0/traces'],
    ['mysentry.io', '/'],
    [undefined, undefined],
  ] as const) {
    t.false(isAgentsUpload(host, path));
  }
});

test('the packages that bring an instrumentation, and their short names', (t) => {
  const names = {
    '@opentelemetry/instrumentation-pg': 'pg',
    '@prisma/instrumentation': 'prisma',
    '@fastify/otel': 'fastify',
    '@traceloop/instrumentation-openai': 'openai',
    'opentelemetry-instrumentation-kafkajs': 'kafkajs',
    '@opentelemetry/instrumentation-runtime-node': 'runtime-node',
  };
  for (const [name, short] of Object.entries(names)) {
    t.true(isInstrumentation(name), name);
    t.is(shortNameOf(name), short);
  }
  for (const name of ['@opentelemetry/instrumentation', '@opentelemetry/sdk-node', 'express', 'instrumental']) {
    t.false(isInstrumentation(name), name);
  }
});
