import { depends, installed, type SetUp } from './set-up.js';

/** A set-up that is wrong in one way, and the check that finds it. */
export interface Broken extends SetUp {
  readonly id: string;
  readonly title: string;
  /** What a finding has to say. */
  readonly says?: RegExp;
}

const API = '@opentelemetry/api';
const SDK = "const { NodeSDK } = require('@opentelemetry/sdk-node');\nconst sdk = new NodeSDK({});\nsdk.start();\n";
const compose = (service: object, more: object = {}) => ({ 'compose.yaml': { services: { shop: service, ...more } } });
const pod = (container: object, spec: object = {}) => ({
  'k8s/deployment.yaml': {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'shop' },
    spec: { template: { spec: { ...spec, containers: [{ name: 'shop', volumeMounts: KEPT, ...container }] } } },
  },
});
const KEPT = [{ name: 'spool', mountPath: '/' }];
const KF = { command: ['node_modules/.bin/kf-cluster', 'start', 'app.js'] };
const otel = (env: Record<string, string>) => Object.entries(env).map(([name, value]) => ({ name, value }));
const unit = (lines: string) => ({
  'shop.service': `[Service]\nExecStart=/srv/node_modules/.bin/kf-cluster start app.js\n${lines}\n`,
});
const ecosystem = (app: object) => ({
  'ecosystem.config.cjs': `module.exports = { apps: [${JSON.stringify({ name: 'shop', ...app })}] };\n`,
});

export const PROJECT: readonly Broken[] = [
  { id: 'configuration', title: 'a script that is not there', script: 'server.js', says: /SCRIPT_NOT_FOUND/ },
  { id: 'configuration', title: 'an option that is malformed', flags: { 'drain-timeout': 'soon' }, says: /BAD_FLAG/ },
  {
    id: 'configuration',
    title: 'a variable of the specification with a wrong word',
    env: { OTEL_TRACES_SAMPLER: 'sometimes' },
    says: /OTEL_TRACES_SAMPLER/,
  },
  {
    id: 'configuration',
    title: 'a gRPC endpoint with a path',
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4317/v1/traces' },
    says: /grpc/,
  },
  {
    id: 'preset-incomplete',
    title: 'a preset whose key nobody has said',
    flags: { preset: 'kloudfuse-direct' },
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'https://kf.example' },
    says: /kf-api-key=/,
  },
  {
    id: 'api-copies',
    title: 'two copies of the api',
    files: {
      ...depends({ [API]: '1', a: '1' }),
      ...installed(API, '1.9.0'),
      ...installed('a', '1.0.0', { dependencies: { [API]: '1' } }),
      ...installed(API, '1.9.1', {}, 'node_modules/a/'),
    },
  },
  {
    id: 'api-minors',
    title: 'api 1.9 beside 1.10',
    files: {
      ...depends({ [API]: '1', a: '1' }),
      ...installed(API, '1.9.1'),
      ...installed('a', '1.0.0', { dependencies: { [API]: '1' } }),
      ...installed(API, '1.10.0', {}, 'node_modules/a/'),
    },
    says: /1\.10\.0/,
  },
  { id: 'api-unsupported', title: 'api 1.4', files: { ...depends({ [API]: '1' }), ...installed(API, '1.4.1') } },
  {
    id: 'api-unsupported',
    title: 'a pre-release of the api',
    files: { ...depends({ [API]: '1' }), ...installed(API, '1.10.0-rc.1') },
  },
  {
    id: 'sdk-families',
    title: 'SDK 1.x beside 2.x',
    files: {
      ...depends({ a: '1', '@opentelemetry/sdk-trace-base': '2' }),
      ...installed('@opentelemetry/sdk-trace-base', '2.12.0'),
      ...installed('a', '1.0.0', { dependencies: { '@opentelemetry/resources': '1' } }),
      ...installed('@opentelemetry/resources', '1.30.1'),
    },
  },
  {
    id: 'sdk-families',
    title: 'sdk-node 0.57 beside core 2.x',
    files: {
      ...depends({ '@opentelemetry/sdk-node': '0.57.0', '@opentelemetry/core': '2' }),
      ...installed('@opentelemetry/core', '2.12.0'),
      ...installed('@opentelemetry/sdk-node', '0.57.2'),
    },
    says: /1\.x/,
  },
  {
    id: 'dependency-missing',
    title: 'node_modules without a dependency',
    files: depends({ express: '^5.0.0' }),
    says: /express/,
  },
  {
    id: 'node-engine',
    title: 'engines.node excludes this Node',
    files: { 'package.json': { name: 'shop', engines: { node: '>=20 <22' } } },
    says: />=20 <22/,
  },
  {
    id: 'node-image',
    title: 'an image of Node 18',
    files: { Dockerfile: 'FROM node:18-alpine\nCMD ["node", "app.js"]\n' },
  },
  {
    id: 'other-agent',
    title: 'Datadog in the app',
    files: {
      ...depends({ 'dd-trace': '5' }),
      ...installed('dd-trace', '5.1.0'),
      'app.js': "require('dd-trace').init();\n",
    },
    says: /DD_TRACE_ENABLED=false/,
  },
  {
    id: 'other-agent',
    title: 'New Relic by NODE_OPTIONS',
    files: { ...depends({ newrelic: '12' }), ...installed('newrelic', '12.0.0') },
    env: { NODE_OPTIONS: '-r newrelic' },
    says: /NODE_OPTIONS loads newrelic/,
  },
  {
    id: 'other-agent',
    title: 'Elastic APM',
    files: { ...depends({ 'elastic-apm-node': '4' }), ...installed('elastic-apm-node', '4.0.0') },
  },
  {
    id: 'other-agent',
    title: 'Sentry with its own OpenTelemetry',
    files: {
      ...depends({ '@sentry/node': '9' }),
      ...installed('@sentry/node', '9.0.0'),
      'app.js': "require('@sentry/node').init({ dsn: process.env.DSN });\n",
    },
    says: /skipOpenTelemetrySetup/,
  },
  {
    id: 'other-agent',
    title: 'Vercel',
    files: {
      ...depends({ '@vercel/otel': '1' }),
      ...installed('@vercel/otel', '1.10.0'),
      'app.js': "import { registerOTel } from '@vercel/otel';\nregisterOTel('shop');\n",
    },
  },
  {
    id: 'other-agent',
    title: 'Azure Monitor',
    files: {
      ...depends({ '@azure/monitor-opentelemetry': '1' }),
      ...installed('@azure/monitor-opentelemetry', '1.0.0'),
      'app.js': "require('@azure/monitor-opentelemetry').useAzureMonitor();\n",
    },
  },
  { id: 'own-provider', title: 'a NodeSDK in the app', files: { 'app.js': SDK } },
  {
    id: 'own-provider',
    title: 'a provider in a file of the app',
    files: {
      'app.js': "require('./lib/tracing');\n",
      'lib/tracing.js':
        "const { NodeTracerProvider } = require('@opentelemetry/sdk-trace-node');\nnew NodeTracerProvider().register();\n",
    },
    says: /lib\/tracing\.js/,
  },
  {
    id: 'injected-sdk',
    title: 'a preload that starts an SDK',
    files: { 'tracing.cjs': SDK },
    flags: { 'node-args': '--require ./tracing.cjs' },
  },
  {
    id: 'provider-in-primary',
    title: 'a hooks file that starts an SDK at its top',
    files: { 'hooks.cjs': `${SDK}exports.postFork = () => {};\n` },
    flags: { hooks: ['DIR/hooks.cjs'] },
  },
  {
    id: 'preload-missing',
    title: 'NODE_OPTIONS with a file that is not there',
    env: { NODE_OPTIONS: '--require ./tracing.js' },
    says: /\.\/tracing\.js/,
  },
  {
    id: 'preload-missing',
    title: '--node-args with a package that is not installed',
    flags: { 'node-args': '--import tsx' },
    says: /tsx/,
  },
  {
    id: 'loaded-early',
    title: 'express in a preload',
    files: {
      ...depends({ express: '4', '@opentelemetry/instrumentation-express': '0' }),
      ...installed('express', '4.21.0'),
      'early.cjs': "require('express');\n",
    },
    links: ['@opentelemetry/instrumentation-express'],
    env: { NODE_OPTIONS: '-r ./early.cjs' },
  },
  {
    id: 'bundled',
    title: 'a bundle of webpack',
    files: { 'app.js': 'var __webpack_modules__ = ({});\nfunction __webpack_require__(id) {}\n' },
    says: /webpack/,
  },
  {
    id: 'bundled',
    title: 'a bundle of esbuild',
    files: {
      'app.js':
        'var __commonJS = (cb) => cb;\nvar require_express = __commonJS({"node_modules/express/index.js"() {}});\n',
    },
    says: /--packages=external/,
  },
  {
    id: 'bundled',
    title: "Next's standalone server",
    script: '.next/standalone/server.js',
    files: { '.next/standalone/server.js': "require('http').createServer().listen(3000);\n" },
    says: /serverExternalPackages/,
  },
  {
    id: 'instrumentation-range',
    title: 'express 3 under the instrumentation of 4 and 5',
    files: {
      ...depends({ express: '3', '@opentelemetry/instrumentation-express': '0' }),
      ...installed('express', '3.21.2'),
    },
    links: ['@opentelemetry/instrumentation-express'],
    says: /express 3\.21\.2/,
  },
  {
    id: 'instrumentation-unloadable',
    title: 'an instrumentation that throws',
    files: {
      ...depends({ '@opentelemetry/instrumentation-pg': '0' }),
      'node_modules/@opentelemetry/instrumentation-pg/package.json': { version: '0.76.0' },
      'node_modules/@opentelemetry/instrumentation-pg/index.js': "throw new Error('half installed');\n",
    },
    says: /half installed/,
  },
  {
    id: 'instrumentation-unprobed',
    title: 'an instrumentation that ends the process',
    files: {
      ...depends({ '@opentelemetry/instrumentation-pg': '0' }),
      'node_modules/@opentelemetry/instrumentation-pg/package.json': { version: '0.76.0' },
      'node_modules/@opentelemetry/instrumentation-pg/index.js': 'process.exit(3);\n',
    },
    says: /ended the process that loads it \(3\)/,
  },
  {
    id: 'instrumentation-dev-only',
    title: 'an instrumentation among the devDependencies',
    files: { 'package.json': { name: 'shop', devDependencies: { '@opentelemetry/instrumentation-pg': '0' } } },
  },
  {
    id: 'instrumentation-dead',
    title: 'an instrumentation without its library',
    files: depends({ '@opentelemetry/instrumentation-express': '0' }),
    links: ['@opentelemetry/instrumentation-express'],
  },
  {
    id: 'instrumentation-missing',
    title: 'pg without its instrumentation',
    files: { ...depends({ pg: '8' }), ...installed('pg', '8.13.0') },
    says: /instrumentation-pg/,
  },
  {
    id: 'instrumentation-code',
    title: 'Hono without its middleware',
    files: { ...depends({ hono: '4' }), ...installed('hono', '4.8.0') },
    says: /@hono\/otel/,
  },
  {
    id: 'esm-unhooked',
    title: 'an ES module app, and an instrumentation that does not see its imports',
    files: {
      ...depends({ pg: '8', '@opentelemetry/instrumentation-pg': '0' }, { type: 'module' }),
      ...installed('pg', '8.13.0'),
      'app.js': "import 'pg';\n",
      'node_modules/@opentelemetry/instrumentation-pg/package.json': { version: '0.76.0' },
      'node_modules/@opentelemetry/instrumentation-pg/index.js':
        "exports.PgInstrumentation = class { getModuleDefinitions() { return [{ name: 'pg', supportedVersions: ['>=8.0.3 <9'], patch() {} }]; } };\n",
    },
    links: ['@opentelemetry/instrumentation'],
    says: /import of pg/,
  },
  {
    id: 'instrumentation-names',
    title: 'the name of a package where a short one belongs',
    env: { OTEL_NODE_DISABLED_INSTRUMENTATIONS: '@opentelemetry/instrumentation-pg' },
    says: /Write pg/,
  },
];

export const ENVIRONMENT: readonly Broken[] = [
  { id: 'telemetry-off', title: 'OTEL_SDK_DISABLED', env: { OTEL_SDK_DISABLED: 'true' } },
  { id: 'telemetry-off', title: '--no-telemetry', flags: { telemetry: false } },
  { id: 'exporter-none', title: 'no exporter', env: { OTEL_TRACES_EXPORTER: 'none' } },
  { id: 'exporter-none', title: 'none beside otlp', env: { OTEL_TRACES_EXPORTER: 'otlp,none' } },
  { id: 'exporter-console', title: 'the console alone', env: { OTEL_TRACES_EXPORTER: 'console' } },
  { id: 'sampler-off', title: 'always_off', env: { OTEL_TRACES_SAMPLER: 'always_off' } },
  {
    id: 'sampler-off',
    title: 'a ratio of 0',
    env: { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0' },
  },
  { id: 'sampler-argument', title: 'an argument without a ratio sampler', env: { OTEL_TRACES_SAMPLER_ARG: '0.1' } },
  {
    id: 'sampler-argument',
    title: 'a ratio sampler without an argument',
    env: { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio' },
  },
  {
    id: 'sampling-rate',
    title: 'one in a hundred',
    env: { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.01' },
    says: /^1% of the traces/,
  },
  { id: 'propagators-none', title: 'no propagators', env: { OTEL_PROPAGATORS: 'none' } },
  { id: 'propagators-none', title: 'baggage alone', env: { OTEL_PROPAGATORS: 'baggage' } },
  {
    id: 'propagators-differ',
    title: 'b3 here, W3C there',
    files: compose(
      { environment: { OTEL_PROPAGATORS: 'b3' } },
      { stock: { environment: { OTEL_SERVICE_NAME: 'stock' } } },
    ),
  },
  {
    id: 'endpoint-port',
    title: 'gRPC to the port of HTTP',
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' },
  },
  {
    id: 'endpoint-port',
    title: 'HTTP to the port of gRPC',
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4317', OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf' },
  },
  {
    id: 'endpoint-path',
    title: 'the path of traces in the base endpoint',
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: 'https://collector:443/v1/traces',
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
    },
  },
  {
    id: 'endpoint-path',
    title: 'the same where each signal says that it goes over HTTP',
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: 'https://collector:443/v1/traces',
      OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/protobuf',
      OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: 'http/protobuf',
      OTEL_EXPORTER_OTLP_LOGS_PROTOCOL: 'http/protobuf',
    },
  },
  {
    id: 'endpoint-path',
    title: 'the path of the Kloudfuse ingester in the base endpoint',
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: 'https://kf.example.com/ingester/otlp/traces',
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
    },
  },
  {
    id: 'endpoint-loopback',
    title: 'localhost in a pod without a collector',
    files: pod({ env: otel({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://localhost:4317' }) }),
  },
  {
    id: 'endpoint-loopback',
    title: 'localhost in a service of compose',
    files: compose({ environment: ['OTEL_EXPORTER_OTLP_ENDPOINT=localhost:4317'] }),
  },
  {
    id: 'service-name-missing',
    title: 'no name anywhere',
    files: { 'package.json': { private: true, description: 'nameless' } },
  },
  { id: 'service-name-of-instance', title: 'the name of a pod', env: { OTEL_SERVICE_NAME: 'shop-7d9c5b8f4d-x2x9z' } },
  {
    id: 'service-name-of-instance',
    title: 'a UUID',
    env: { OTEL_SERVICE_NAME: 'shop-3f2b1c9a-7d58-4e0a-9c61-0a1b2c3d4e5f' },
  },
  {
    id: 'service-name-of-instance',
    title: 'the name of the pod by the downward API',
    files: pod({ env: [{ name: 'OTEL_SERVICE_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }] }),
  },
  { id: 'service-name-of-instance', title: 'the host', env: { OTEL_SERVICE_NAME: 'build-host' } },
  {
    id: 'service-name-shared',
    title: 'two services of one name',
    files: compose(
      { environment: { OTEL_SERVICE_NAME: 'shop' } },
      { stock: { environment: { OTEL_SERVICE_NAME: 'shop' } } },
    ),
    says: /shop, stock/,
  },
  {
    id: 'service-name-twice',
    title: 'two names for one service',
    env: { OTEL_SERVICE_NAME: 'shop', OTEL_RESOURCE_ATTRIBUTES: 'service.name=store' },
  },
  {
    id: 'instance-id-shared',
    title: 'an instance id for all',
    env: { OTEL_RESOURCE_ATTRIBUTES: 'service.instance.id=a1' },
  },
  {
    id: 'environment-attribute',
    title: 'the old name of the environment',
    env: { OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment=prod' },
  },
  {
    id: 'otel-misspelt',
    title: 'ENDPOINTS',
    env: { OTEL_EXPORTER_OTLP_ENDPOINTS: 'http://c:4317' },
    says: /OTEL_EXPORTER_OTLP_ENDPOINT\b/,
  },
  { id: 'otel-misspelt', title: 'OLTP', env: { OTEL_EXPORTER_OLTP_ENDPOINT: 'http://c:4317' } },
  {
    id: 'otel-misspelt',
    title: 'a misspelt variable in an image',
    files: { Dockerfile: 'FROM node:24\nENV OTEL_SERVCE_NAME=shop\nCMD ["node", "app.js"]\n' },
    says: /Dockerfile/,
  },
  { id: 'otel-other-language', title: "Python's", env: { OTEL_PYTHON_LOG_CORRELATION: 'true' } },
  { id: 'otel-other-language', title: "Java's", env: { OTEL_INSTRUMENTATION_COMMON_DEFAULT_ENABLED: 'false' } },
  { id: 'otel-unread', title: 'a variable that nobody knows', env: { OTEL_SOMETHING_ENTIRELY_ELSE: '1' } },
  { id: 'otel-config-file', title: 'declarative configuration', env: { OTEL_CONFIG_FILE: '/etc/otel.yaml' } },
  { id: 'node-options-quotes', title: 'quotes in an env file of Docker', env: { OTEL_SERVICE_NAME: '"shop"' } },
  {
    id: 'node-options-quotes',
    title: 'quotes in a manifest',
    files: pod({ env: otel({ NODE_OPTIONS: '"--import=kf-cluster/register"' }) }),
  },
  {
    id: 'register-beside-start',
    title: 'register and start',
    files: { 'package.json': { name: 'shop', scripts: { start: 'kf-cluster start app.js' } } },
    env: { NODE_OPTIONS: '--import=kf-cluster/register' },
  },
  {
    id: 'flag-lost-pm2',
    title: "node_args in pm2's cluster mode",
    files: ecosystem({ script: 'app.js', instances: 4, kill_timeout: 30_000, node_args: '--import ./tracing.mjs' }),
  },
  {
    id: 'flag-lost-shell',
    title: 'sudo',
    files: {
      'package.json': {
        name: 'shop',
        scripts: { start: 'NODE_OPTIONS=--import=kf-cluster/register sudo node app.js' },
      },
    },
  },
  {
    id: 'argument-behind-script',
    title: '--require behind the script',
    files: { 'package.json': { name: 'shop', scripts: { start: 'node app.js --require ./tracing.js' } } },
  },
  { id: 'kf-variable', title: 'a misspelt option', env: { KF_CLUSTER_WORKRES: '4' }, says: /KF_CLUSTER_WORKERS/ },
];

const SECRET = 'kf-api-key=f00dfacecafe42';

export const DEPLOYMENT: readonly Broken[] = [
  { id: 'header-form', title: 'a bare token', env: { OTEL_EXPORTER_OTLP_HEADERS: 'Bearer f00dfacecafe42' } },
  { id: 'header-form', title: 'a colon', env: { OTEL_EXPORTER_OTLP_HEADERS: 'kf-api-key: f00dfacecafe42' } },
  { id: 'header-form', title: 'a value in quotes', env: { OTEL_EXPORTER_OTLP_HEADERS: 'kf-api-key="f00dfacecafe42"' } },
  {
    id: 'key-in-url',
    title: 'a key in the query',
    env: {
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://kf.example.com/ingester/otlp/traces?api_key=f00dfacecafe42',
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
    },
  },
  {
    id: 'key-in-argv',
    title: 'a key in a script',
    files: {
      'package.json': {
        name: 'shop',
        scripts: { start: `OTEL_EXPORTER_OTLP_HEADERS=${SECRET} kf-cluster start app.js` },
      },
    },
  },
  {
    id: 'key-in-argv',
    title: 'a key in the arguments of a container',
    files: pod({ ...KF, args: ['--api-key=f00dfacecafe42'] }),
  },
  {
    id: 'key-in-image',
    title: 'a key in an image',
    files: { Dockerfile: `FROM node:24\nENV OTEL_EXPORTER_OTLP_HEADERS="${SECRET}"\nCMD ["node", "app.js"]\n` },
  },
  {
    id: 'key-in-compose',
    title: 'a key in a compose file',
    files: compose({ environment: { OTEL_EXPORTER_OTLP_HEADERS: SECRET } }),
  },
  {
    id: 'key-in-manifest',
    title: 'a key in a manifest',
    files: pod({ env: otel({ OTEL_EXPORTER_OTLP_HEADERS: SECRET }) }),
  },
  {
    id: 'key-in-manifest',
    title: 'a key out of a ConfigMap',
    files: pod({
      env: [{ name: 'OTEL_EXPORTER_OTLP_HEADERS', valueFrom: { configMapKeyRef: { name: 'shop', key: 'headers' } } }],
    }),
  },
  {
    id: 'key-in-configmap',
    title: 'a key in a ConfigMap',
    files: {
      'k8s/config.yaml': {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'shop' },
        data: { OTEL_EXPORTER_OTLP_HEADERS: SECRET },
      },
    },
  },
  { id: 'key-in-unit', title: 'a key in a unit', files: unit(`Environment="OTEL_EXPORTER_OTLP_HEADERS=${SECRET}"`) },
  {
    id: 'key-in-ecosystem',
    title: 'a key in an ecosystem file',
    files: ecosystem({ script: 'app.js', env: { OTEL_EXPORTER_OTLP_HEADERS: SECRET } }),
  },
  {
    id: 'key-in-config-file',
    title: 'a key in the config file',
    files: { 'kf-cluster.config.json': { env: { OTEL_EXPORTER_OTLP_HEADERS: SECRET } } },
  },
  {
    id: 'headers-file-mode',
    title: 'a headers file for all to read',
    files: { headers: `${SECRET}\n` },
    modes: { headers: 0o644 },
    flags: { 'exporter-otlp-headers-file': 'DIR/headers' },
  },
  {
    id: 'env-file-committed',
    title: 'an env file that git does not ignore',
    files: { '.env': `OTEL_EXPORTER_OTLP_HEADERS=${SECRET}\n`, '.git/HEAD': 'ref: refs/heads/main\n' },
    flags: { 'env-file': 'DIR/.env' },
  },
  {
    id: 'key-in-the-clear',
    title: 'a key without TLS',
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://kf.example.com:4317', OTEL_EXPORTER_OTLP_HEADERS: SECRET },
  },
  {
    id: 'grace-kubernetes',
    title: 'ten seconds in a pod',
    files: pod(KF, { terminationGracePeriodSeconds: 10 }),
    says: /28s/,
  },
  {
    id: 'grace-kubernetes',
    title: 'a preStop sleep that eats the default',
    files: pod({ ...KF, lifecycle: { preStop: { exec: { command: ['sleep', '15'] } } } }),
  },
  {
    id: 'grace-compose',
    title: "compose's own ten seconds",
    files: compose({ ...KF, volumes: ['state:/'] }),
    says: /stop_grace_period/,
  },
  { id: 'grace-systemd', title: 'a short TimeoutStopSec', files: unit('TimeoutStopSec=5') },
  {
    id: 'grace-pm2',
    title: "pm2's own kill_timeout",
    files: ecosystem({ script: 'node_modules/.bin/kf-cluster', args: 'start app.js', exec_mode: 'fork' }),
  },
  {
    id: 'grace-docker',
    title: 'an image that runs kf-cluster',
    files: { Dockerfile: 'FROM node:24\nCMD ["node_modules/.bin/kf-cluster", "start", "app.js"]\n' },
  },
  { id: 'kill-mode', title: 'KillMode=process', files: unit('KillMode=process') },
  { id: 'stop-signal', title: 'KillSignal=SIGQUIT', files: unit('KillSignal=SIGQUIT') },
  {
    id: 'pid1-shell',
    title: 'npm start in an image',
    files: {
      'package.json': { name: 'shop', scripts: { start: 'kf-cluster start app.js' } },
      Dockerfile: 'FROM node:24\nCMD ["npm", "start"]\n',
    },
  },
  {
    id: 'pid1-shell',
    title: 'npm as the first process of this container',
    machine: { isContainer: true, readText: (path) => (path === '/proc/1/cmdline' ? 'npm start\0' : undefined) },
  },
  {
    id: 'pid1-shell',
    title: 'a shell in a manifest',
    files: pod({ command: ['sh', '-c', 'node_modules/.bin/kf-cluster start app.js'] }),
  },
  {
    id: 'workers-cpus',
    title: 'eight workers on one CPU',
    files: pod({ ...KF, args: ['-w', '8'], resources: { limits: { cpu: '1' } } }),
  },
  {
    id: 'workers-cpus',
    title: 'four workers in a cgroup of one CPU',
    flags: { workers: '4' },
    machine: {
      readText: (path) => ({ '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/cpu.max': '100000 100000\n' })[path],
    },
  },
  {
    id: 'heap-memory',
    title: 'heaps beyond the limit of a container',
    files: pod({
      ...KF,
      args: ['-w', '4', '--node-args=--max-old-space-size=512'],
      resources: { limits: { memory: '1Gi' } },
    }),
  },
  {
    id: 'heap-memory',
    title: 'heaps beyond the cgroup',
    flags: { workers: '4', 'node-args': '--max-old-space-size=512' },
    machine: {
      readText: (path) => ({ '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/memory.max': '536870912\n' })[path],
    },
  },
  {
    id: 'descriptors',
    title: 'few descriptors',
    machine: {
      readText: (path) =>
        path === '/proc/self/limits'
          ? 'Max open files            256                  256                  files\n'
          : undefined,
    },
  },
  {
    id: 'spool-unwritable',
    title: 'a spool below a file',
    files: { spool: 'a file\n' },
    flags: { 'spool-dir': 'DIR/spool/inside' },
  },
  {
    id: 'spool-owner',
    title: 'a spool for all to write',
    files: { 'spool/keep': '' },
    modes: { spool: 0o777 },
    flags: { 'spool-dir': 'DIR/spool' },
  },
  { id: 'spool-space', title: 'a spool larger than the disk', flags: { 'spool-max': '900000GB' } },
  { id: 'spool-ephemeral', title: 'a pod without a volume', files: pod({ ...KF, volumeMounts: [] }) },
];
