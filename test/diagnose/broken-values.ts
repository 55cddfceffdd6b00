import type { Broken } from './broken.js';
import { depends, installed } from './set-up.js';

const KF = 'kf-cluster';
const IMAGE = 'FROM node:24-slim\nCOPY . .\nRUN npm ci --omit=dev\nUSER node\nSTOPSIGNAL SIGTERM\n';
const REMOTE = { OTEL_EXPORTER_OTLP_ENDPOINT: 'https://kf.example.com', OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf' };
const pod = (container: object) => ({
  'k8s/deployment.yaml': {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'shop' },
    spec: {
      template: {
        spec: {
          terminationGracePeriodSeconds: 60,
          containers: [
            {
              name: 'shop',
              command: ['node_modules/.bin/kf-cluster', 'start', 'app.js'],
              volumeMounts: [{ name: 'spool', mountPath: '/' }],
              ...container,
            },
          ],
        },
      },
    },
  },
});
const NODE_IP = { name: 'NODE_IP', valueFrom: { fieldRef: { fieldPath: 'status.hostIP' } } };
const AGENT = { name: 'OTEL_EXPORTER_OTLP_ENDPOINT', value: 'http://$(NODE_IP):4317' };

/** Found on a walk with a plain app of express and pg: each was silent before. */
export const MEANT_OTHERWISE: readonly Broken[] = [
  {
    id: 'value-unexpanded',
    title: 'a key in single quotes',
    env: { ...REMOTE, OTEL_EXPORTER_OTLP_HEADERS: 'kf-api-key=$KF_API_KEY' },
    says: /HEADERS holds the name of a variable as it stands/,
  },
  {
    id: 'value-unexpanded',
    title: "an endpoint out of a manifest, without its variable's own pod",
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://$(NODE_IP):4317' },
    says: /\$\(NODE_IP\)/,
  },
  {
    id: 'value-placeholder',
    title: 'the key of a guide',
    env: { ...REMOTE, OTEL_EXPORTER_OTLP_HEADERS: 'kf-api-key=YOUR_KEY' },
    says: /kf-api-key is a placeholder/,
  },
  {
    id: 'value-placeholder',
    title: 'a key out of a variable that was not set',
    env: { ...REMOTE, OTEL_EXPORTER_OTLP_HEADERS: 'kf-api-key=' },
    says: /kf-api-key is empty/,
  },
  {
    id: 'value-placeholder',
    title: 'the host of a guide',
    env: { ...REMOTE, OTEL_EXPORTER_OTLP_ENDPOINT: 'https://HOST' },
    says: /the host HOST/,
  },
  {
    id: 'key-in-attributes',
    title: 'a key among the resource attributes',
    env: { OTEL_RESOURCE_ATTRIBUTES: 'team=web,kf-api-key=f00dfacecafe42' },
    says: /has kf-api-key/,
  },
  {
    id: 'attributes-form',
    title: 'resource attributes as YAML has them',
    env: { OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name: prod; team=web' },
    says: /name=value/,
  },
  {
    id: 'milliseconds',
    title: 'a timeout in seconds',
    env: { OTEL_EXPORTER_OTLP_TIMEOUT: '10' },
    says: /OTEL_EXPORTER_OTLP_TIMEOUT=10000/,
  },
  {
    id: 'configuration',
    title: 'a certificate that is not there',
    env: { ...REMOTE, OTEL_EXPORTER_OTLP_CERTIFICATE: '/nowhere/ca.pem' },
    says: /OTEL_EXPORTER_OTLP_CERTIFICATE is "\/nowhere\/ca\.pem"/,
  },
  {
    id: 'configuration',
    title: 'a cron expression that is none',
    flags: { 'cron-restart': 'every night' },
    says: /cron-restart/,
  },
  { id: 'milliseconds', title: 'a delay in seconds', env: { OTEL_BSP_SCHEDULE_DELAY: '5' }, says: /=5000/ },
  {
    id: 'key-unread',
    title: 'a key in a variable that nobody reads',
    env: { ...REMOTE, KF_API_KEY: 'f00dfacecafe42' },
    says: /KF_API_KEY is set, and no header carries it(.|\n)*"\$KF_API_KEY"/,
  },
  {
    id: 'otel-misspelt',
    title: 'a variable in small letters',
    env: { otel_service_name: 'shop' },
    says: /Call it OTEL_SERVICE_NAME/,
  },
  {
    id: 'server-spans-off',
    title: 'only pg',
    env: { OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'pg' },
    says: /=http,pg/,
  },
  {
    id: 'instrumentation-names',
    title: 'a short name with a letter too few',
    env: { OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'expres' },
    says: /Write express/,
  },
  {
    id: 'kf-cluster-dev-only',
    title: 'kf-cluster among the devDependencies of an image without them',
    files: {
      ...installed(KF, '0.1.0'),
      'package.json': { name: 'shop', version: '1.2.3', devDependencies: { [KF]: '0.1.0' } },
      Dockerfile: `${IMAGE}CMD ["tini","--","node_modules/.bin/kf-cluster","start","app.js"]\n`,
    },
    flags: { 'drain-timeout': '2s', 'flush-timeout': '2s' },
    says: /npm i kf-cluster/,
  },
  {
    id: 'image-starts-node',
    title: 'an image that never starts it',
    files: { ...depends({ [KF]: '0.1.0' }), ...installed(KF, '0.1.0'), Dockerfile: `${IMAGE}CMD ["node","app.js"]\n` },
    says: /"start","app\.js"/,
  },
  {
    id: 'pm2-cluster-twice',
    title: "kf-cluster in pm2's cluster mode",
    files: {
      'ecosystem.config.cjs': `module.exports = { apps: [{ name: 'shop', script: 'node_modules/.bin/kf-cluster',
  args: 'start app.js', instances: 4, exec_mode: 'cluster', kill_timeout: 30000 }] };\n`,
    },
    says: /exec_mode: 'fork'/,
  },
  {
    id: 'variable-order',
    title: 'a variable of a manifest above the one that it refers to',
    files: pod({ env: [AGENT, NODE_IP] }),
    says: /Put NODE_IP above OTEL_EXPORTER_OTLP_ENDPOINT/,
  },
  {
    id: 'probe-unanswered',
    title: 'a probe without a health port',
    files: pod({ readinessProbe: { httpGet: { path: '/readyz', port: 9464 } } }),
    says: /KF_CLUSTER_ADMIN_PORT/,
  },
];
