import test from 'ava';
import { doctor, installed, type SetUp } from './set-up.js';

const API = installed('@opentelemetry/api', '1.9.1');
const OTEL = '@opentelemetry/instrumentation-';

/** An app with these libraries, each at its version, and what it is made of beside them. */
function app(libraries: Readonly<Record<string, string>>, files: SetUp['files'] = {}, manifest: object = {}): SetUp {
  const packages = Object.entries(libraries).map(([name, version]) => installed(name, version));
  return {
    files: {
      'package.json': { name: 'shop', version: '1.2.3', dependencies: libraries, ...manifest },
      ...API,
      ...Object.assign({}, ...packages),
      ...files,
    },
  };
}

const SERVER = "require('node:http').createServer((_, res) => res.end('ok')).listen(process.env.PORT);\n";
const POD = (env: object[], more: object = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'shop' },
  spec: {
    template: {
      spec: {
        terminationGracePeriodSeconds: 33,
        containers: [{ name: 'shop', command: ['node_modules/.bin/kf-cluster', 'start', 'app.js'], env, ...more }],
      },
    },
  },
});

/** Small apps as people have them: nothing is to be mended in any. */
const HEALTHY: Readonly<Record<string, SetUp>> = {
  'node:http alone': { files: { 'app.js': SERVER } },
  'ES modules': {
    files: {
      'package.json': { name: 'shop', version: '1.0.0', type: 'module' },
      'app.js': "import { createServer } from 'node:http';\ncreateServer((_, res) => res.end('ok')).listen(8080);\n",
    },
  },
  Express: app(
    { express: '5.1.0', [`${OTEL}express`]: '0.71.1' },
    { 'app.js': "const app = require('express')();\napp.get('/', (_, res) => res.send('ok'));\napp.listen(8080);\n" },
  ),
  Koa: app(
    { koa: '3.3.0', [`${OTEL}koa`]: '0.71.0' },
    { 'app.js': "const Koa = require('koa');\nnew Koa().listen(8080);\n" },
  ),
  Fastify: app(
    { fastify: '5.12.8', '@fastify/otel': '0.21.2' },
    { 'app.js': "const app = require('fastify')();\napp.get('/', async () => 'ok');\napp.listen({ port: 8080 });\n" },
  ),
  'a database': app(
    { pg: '8.13.0', [`${OTEL}pg`]: '0.76.0' },
    { 'app.js': `const { Pool } = require('pg');\nconst pool = new Pool();\n${SERVER}` },
  ),
  'a cache and a queue': app({
    ioredis: '5.4.0',
    amqplib: '0.10.4',
    [`${OTEL}ioredis`]: '0.71.0',
    [`${OTEL}amqplib`]: '0.70.0',
  }),
  'GraphQL behind Express': app({
    express: '4.21.0',
    graphql: '16.9.0',
    [`${OTEL}express`]: '0.71.1',
    [`${OTEL}graphql`]: '0.71.0',
  }),
  'compiled TypeScript': {
    ...app({}, { 'dist/app.js': SERVER, 'src/app.ts': SERVER, 'tsconfig.json': '{}' }, { main: 'dist/app.js' }),
    script: 'dist/app.js',
  },
  'a folder of a workspace': {
    files: {
      'package.json': { name: 'all', private: true, workspaces: ['services/*'] },
      'services/shop/package.json': { name: 'shop', version: '2.0.0', dependencies: { koa: '3' } },
      'services/shop/app.js': "const Koa = require('koa');\nnew Koa().listen(8080);\n",
      ...installed('koa', '3.3.0'),
      ...installed('@opentelemetry/api', '1.9.1'),
    },
    script: 'services/shop/app.js',
  },
  'a span by hand': app(
    { '@opentelemetry/api': '1.9.1' },
    {
      'app.js': `const { trace } = require('@opentelemetry/api');\nconst tracer = trace.getTracer('shop');\n${SERVER}`,
    },
  ),
  'metrics and logs too': {
    env: { OTEL_METRICS_EXPORTER: 'otlp', OTEL_LOGS_EXPORTER: 'otlp', OTEL_SERVICE_NAME: 'shop' },
  },
  'X-Ray': { env: { OTEL_PROPAGATORS: 'xray,tracecontext,baggage' }, flags: { 'id-generator': 'xray' } },
  'an agent beside it': { flags: { preset: 'kf-agent' }, env: { OTEL_SERVICE_NAME: 'shop' } },
  'the key in a file of its owner': {
    files: { headers: 'kf-api-key=f00dfacecafe42\n' },
    flags: { 'exporter-otlp-headers-file': './headers' },
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'https://ingest.example.org', OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf' },
  },
  'a header in the environment': {
    env: { OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20f00dfacecafe42', OTEL_SERVICE_NAME: 'shop' },
  },
  'an image': {
    files: {
      Dockerfile:
        'FROM node:24\nWORKDIR /app\nCOPY . .\nUSER node\nSTOPSIGNAL SIGTERM\nCMD ["node_modules/.bin/kf-cluster", "start", "app.js"]\n',
    },
  },
  'a compose file': {
    files: {
      'compose.yaml': {
        services: {
          shop: {
            command: ['kf-cluster', 'start', 'app.js'],
            stop_grace_period: '40s',
            environment: { OTEL_SERVICE_NAME: 'shop' },
          },
        },
      },
    },
  },
  'a pod with an agent on its node': {
    files: {
      'shop.yaml': POD([
        { name: 'HOST_IP', valueFrom: { fieldRef: { fieldPath: 'status.hostIP' } } },
        { name: 'OTEL_EXPORTER_OTLP_ENDPOINT', value: 'http://$(HOST_IP):4317' },
        { name: 'OTEL_SERVICE_NAME', value: 'shop' },
      ]),
    },
  },
  'a pod with its key in a Secret': {
    files: {
      'shop.yaml': POD([
        { name: 'OTEL_EXPORTER_OTLP_HEADERS', valueFrom: { secretKeyRef: { name: 'otel', key: 'headers' } } },
        { name: 'OTEL_SERVICE_NAME', value: 'shop' },
      ]),
    },
  },
  'a unit of systemd': {
    files: {
      'shop.service':
        '[Service]\nExecStart=/srv/shop/node_modules/.bin/kf-cluster start app.js\nTimeoutStopSec=40\nEnvironment=OTEL_SERVICE_NAME=shop\nLimitNOFILE=65536\n',
    },
  },
  'an ecosystem file of pm2': {
    files: {
      'ecosystem.config.cjs':
        "module.exports = { apps: [{ name: 'shop', script: 'app.js', instances: 2, kill_timeout: 40000 }] };\n",
    },
  },
};

for (const [what, setUp] of Object.entries(HEALTHY)) {
  test(`doctor has nothing to warn of: ${what}`, async (t) => {
    const { report } = await doctor(t, setUp);
    t.deepEqual(
      report.findings.filter(({ severity }) => severity !== 'information').map(({ id, what, why }) => [id, what, why]),
      [],
    );
    t.true(report.checks.length > 60);
  });
}

test('twenty healthy apps and more', (t) => t.true(Object.keys(HEALTHY).length >= 20));
