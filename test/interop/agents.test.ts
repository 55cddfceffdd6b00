import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { kfCluster } from '../helpers/cluster.js';
import { collector } from '../helpers/delivery.js';
import { get } from '../helpers/http.js';
import '../helpers/json-log.js';
import { project } from './tools.js';

/** They load a lot. */
const SLOW = ['--boot-timeout', '2m', '--hang-timeout', '2m'];
const EXPRESS = '@opentelemetry/instrumentation-express';

/** Takes what an agent sends home, whatever it is. */
async function startAgent(t: ExecutionContext) {
  const paths: string[] = [];
  const waiting = new Set<() => void>();
  const server = createServer((request, response) => {
    paths.push(request.url ?? '');
    request.resume().on('end', () => response.setHeader('content-type', 'application/json').end('{}'));
    for (const check of [...waiting]) check();
  }).listen(0, '127.0.0.1');
  server.on('connection', () => {
    for (const check of [...waiting]) check();
  });
  await new Promise((resolve) => server.once('listening', resolve));
  t.teardown(() => server.close().closeAllConnections());
  /** Resolves when it has sent something to a path that matches. */
  const sent = (pattern: RegExp) =>
    new Promise<void>((resolve) => {
      const check = () => {
        if (!paths.some((path) => pattern.test(path))) return;
        waiting.delete(check);
        resolve();
      };
      waiting.add(check);
      check();
    });
  return { port: (server.address() as AddressInfo).port, sent };
}

interface Beside {
  readonly name: string;
  readonly app: string;
  readonly packages: readonly string[];
  /** Where its first upload goes; absent where it speaks TLS alone. */
  readonly uploads?: RegExp;
  readonly env?: Record<string, string>;
  readonly fix: RegExp;
}

const AGENTS: readonly Beside[] = [
  { name: 'dd-trace', app: 'dd-trace.cjs', packages: ['dd-trace'], uploads: /traces/, fix: /--no-telemetry/ },
  {
    ...{ name: 'newrelic', app: 'newrelic.cjs', packages: ['newrelic'], fix: /--no-telemetry/ },
    env: { NEW_RELIC_LICENSE_KEY: '0'.repeat(40), NEW_RELIC_APP_NAME: 'shop', NEW_RELIC_LOG: 'stderr' },
  },
  {
    ...{ name: 'elastic-apm-node', app: 'elastic.cjs', packages: ['elastic-apm-node'], uploads: /^\/intake/ },
    fix: /--no-telemetry/,
  },
  {
    ...{ name: '@sentry/node', app: 'sentry.cjs', packages: ['@sentry/node'], uploads: /envelope/ },
    env: { BESIDE: '1' },
    fix: /skipOpenTelemetrySetup/,
  },
  {
    ...{ name: '@sentry/node', app: 'sentry.cjs', packages: ['@sentry/node'], uploads: /envelope/ },
    fix: /skipOpenTelemetrySetup/,
  },
];

for (const { name, app, packages, uploads, env, fix } of AGENTS) {
  test(`${name}${env?.BESIDE ? ', set up as the warning says,' : ''} beside ours: one warning with the setting, one SERVER span a request, its uploads have none`, async (t) => {
    const agent = await startAgent(t);
    const { receiver, store } = await collector(t);
    const cluster = kfCluster(t, ['start', project(t, app, ['express', EXPRESS, ...packages]), '-w', '1', ...SLOW], {
      env: {
        ...{ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.grpcUrl, AGENT_PORT: String(agent.port) },
        ...{ NEW_RELIC_HOST: '127.0.0.1', NEW_RELIC_PORT: String(agent.port), ...env },
      },
    });
    const [, port = ''] = await cluster.line(/^listening (\d+)/);
    const warning = await cluster.event('other-agent', { name });
    t.regex(String(warning.fix), fix);
    t.is((await get(port, '/users/7')).body.split(' ')[0], '7');
    if (uploads) await agent.sent(uploads);
    cluster.kill('SIGTERM');
    t.is((await cluster.exit).code, 0);
    t.is(cluster.events('other-agent').length, 1);
    const spans = store.spans();
    t.deepEqual(
      spans.filter(({ kind }) => kind === 'server').map((span) => span.name),
      ['GET /users/:id'],
    );
    t.deepEqual(
      spans
        .filter(({ kind }) => kind === 'client')
        .map(({ attributes }) => attributes['url.full'] ?? attributes['server.port']),
      [],
    );
  });
}

const NODE_SDK = [
  'express',
  '@opentelemetry/sdk-node',
  '@opentelemetry/exporter-trace-otlp-grpc',
  '@opentelemetry/auto-instrumentations-node',
];

test('--telemetry=auto with a NodeSDK of the app: its spans alone, one SERVER span a request, all of them at the stop', async (t) => {
  const { receiver, store } = await collector(t);
  const cluster = kfCluster(
    t,
    ['start', project(t, 'node-sdk.cjs', NODE_SDK), '-w', '2', '--telemetry=auto', ...SLOW],
    {
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.grpcUrl },
    },
  );
  await cluster.lineTimes(/telemetry steps back: .*node-sdk\.cjs:\d+/, 2);
  const [, port = ''] = await cluster.line(/^listening (\d+)/);
  await cluster.ready(2);
  for (let i = 0; i < 20; i += 1) await get(port, '/users/7');
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
  const servers = store.spans().filter(({ kind }) => kind === 'server');
  t.is(servers.length, 20);
  const named = servers.map(({ name, resource }) => `${name} of ${resource.attributes['service.name']}`);
  t.deepEqual([...new Set(named)], ['GET /users/:id of own']);
  t.is(store.counts().duplicates, 0);
});
