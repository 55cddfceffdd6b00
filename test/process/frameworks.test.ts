import { cpSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { fixture, kfCluster } from '../helpers/cluster.js';
import { collector } from '../helpers/delivery.js';
import { get } from '../helpers/http.js';
import '../helpers/json-log.js';
import { tree } from '../helpers/tree.js';

test('a script of an installed package tells spans of the project, and what the project instruments is instrumented', async (t) => {
  const dir = tree(t, {
    'package.json': JSON.stringify({
      name: 'shop',
      version: '2.0.0',
      dependencies: { '@opentelemetry/instrumentation-fake': '1' },
    }),
    'node_modules/framework/package.json': '{"name":"framework","version":"15.0.0"}',
    'node_modules/@opentelemetry/instrumentation-fake/package.json': '{"name":"@opentelemetry/instrumentation-fake"}',
    'node_modules/@opentelemetry/instrumentation-fake/index.js':
      'exports.FakeInstrumentation = class { setTracerProvider() {} };',
  });
  cpSync(fixture('apps/http.cjs'), join(dir, 'node_modules/framework/bin.cjs'));
  const { receiver, store } = await collector(t);
  const cluster = kfCluster(t, ['start', 'node_modules/framework/bin.cjs', '-w', '1'], {
    cwd: dir,
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.grpcUrl },
  });
  const [, port = ''] = await cluster.line(/^listening (\d+)/);
  await cluster.event('telemetry-attached', { instrumentations: 'http,http2,undici,fake' });
  await cluster.ready(1);
  await get(port);
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
  t.like(store.spans()[0]?.resource.attributes, { 'service.name': 'shop', 'service.version': '2.0.0' });
});

test('a member of a workspace without a version has that of the workspace', async (t) => {
  const dir = tree(t, {
    'package.json': '{"name":"all","version":"4.5.6","workspaces":["apps/*"]}',
    'apps/web/package.json': '{"name":"web"}',
  });
  cpSync(fixture('apps/http.cjs'), join(dir, 'apps/web/dist/server.cjs'));
  const { receiver, store } = await collector(t);
  const cluster = kfCluster(t, ['start', 'apps/web/dist/server.cjs', '-w', '1'], {
    cwd: dir,
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.grpcUrl },
  });
  const [, port = ''] = await cluster.line(/^listening (\d+)/);
  await cluster.ready(1);
  await get(port);
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
  t.like(store.spans()[0]?.resource.attributes, { 'service.name': 'web', 'service.version': '4.5.6' });
});

for (const code of [143, 130]) {
  test(`a worker that ends with ${code} when it is told to stop has not failed; with another code it has`, async (t) => {
    const start = (given: number) => {
      const args = ['start', fixture('apps/ends-143.cjs'), '-w', '1', '--no-telemetry', '--', String(given)];
      return kfCluster(t, args);
    };
    const [well, badly] = [start(code), start(code + 1)];
    for (const cluster of [well, badly]) {
      await cluster.ready(1);
      cluster.kill('SIGTERM');
      t.is((await cluster.exit).code, 0);
    }
    t.is(well.events('worker-exit', { slot: 0, code, reason: 'stop', level: 'info' }).length, 1);
    t.notRegex(well.stderr(), /error/);
    t.is(badly.events('worker-exit', { slot: 0, code: code + 1, level: 'error' }).length, 1);
  });
}
