import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { FullStatus } from '../../src/contract/control-protocol.js';
import { appFolder } from '../helpers/app-folder.js';
import '../helpers/json-log.js';
import { fixture, kfCluster, NODE, watch } from '../helpers/cluster.js';
import { session } from '../helpers/control.js';
import { collector } from '../helpers/delivery.js';
import { startSink } from '../helpers/fault-sink.js';
import { get } from '../helpers/http.js';

test('excluded URLs, request attributes, X-Ray ids, old HTTP names, chosen resource detectors; no signature in a URL', async (t) => {
  const { receiver, store } = await collector(t);
  const options = [
    '--exclude-urls',
    '^/health',
    '--exclude-urls',
    '\\.css$',
    '--request-attributes',
    'X-Tenant',
    '--id-generator',
    'xray',
  ];
  const cluster = kfCluster(t, ['start', fixture('apps/calls.cjs'), '-w', '1', ...options], {
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.grpcUrl,
      OTEL_SEMCONV_STABILITY_OPT_IN: 'http/dup',
      OTEL_NODE_RESOURCE_DETECTORS: 'env,process,container',
      OTEL_RESOURCE_ATTRIBUTES: 'team=blue',
    },
  });
  const [, port = ''] = await cluster.line(/^listening (\d+)/);
  const began = Math.floor(Date.now() / 1000);
  for (const path of ['/health', '/site.css', '/page?sig=mine&a=b']) {
    const headers = { 'x-tenant': 'acme', connection: 'close' };
    await (await fetch(`http://127.0.0.1:${port}${path}`, { headers })).text();
  }
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
  const spans = store.spans();
  t.deepEqual(spans.map(({ kind, attributes }) => `${kind} ${attributes['url.path']}`).toSorted(), [
    ...['client /inner', 'server /inner', 'server /page'],
  ]);
  const of = (kind: string, path: string) =>
    spans.find((span) => span.kind === kind && span.attributes['url.path'] === path)!;
  const page = of('server', '/page');
  t.deepEqual(page.attributes['http.request.header.x-tenant'], ['acme']);
  t.like(page.attributes, {
    'http.request.method': 'GET',
    'http.method': 'GET',
    'http.status_code': 200,
    'http.target': '/page?sig=REDACTED&a=b',
    'net.host.port': Number(port),
  });
  t.like(of('client', '/inner').attributes, {
    'url.full': `http://127.0.0.1:${port}/inner?sig=REDACTED&page=2`,
    'http.url': `http://127.0.0.1:${port}/inner?sig=REDACTED&page=2`,
    'net.peer.name': '127.0.0.1',
  });
  t.false(spans.some(({ attributes }) => Object.values(attributes).join().includes('s3cret')));
  const seconds = Number.parseInt(page.traceId.slice(0, 8), 16);
  t.true(seconds >= began && seconds <= Date.now() / 1000);
  const { attributes } = page.resource;
  t.like(attributes, { team: 'blue', 'process.runtime.name': 'nodejs' });
  t.false('host.name' in attributes || 'os.type' in attributes);
});

test('settings of single instrumentations reach them; status tells what each has patched, and why not', async (t) => {
  const { receiver, store } = await collector(t);
  const links = ['express', '@opentelemetry/instrumentation-express', '@opentelemetry/instrumentation-pino'];
  const listed = {
    express: '*',
    '@opentelemetry/instrumentation-express': '*',
    '@opentelemetry/instrumentation-pino': '*',
  };
  const script = appFolder({
    fixture: 'apps/express.cjs',
    copies: { '@opentelemetry/api': 'otel-api-1.9' },
    links,
    packageJson: { dependencies: listed },
  });
  writeFileSync(
    join(script, '..', 'kf-cluster.config.json'),
    JSON.stringify({ instrumentations: { express: { ignoreLayersType: ['middleware', 'router'] } } }),
  );
  const { start, run } = session(t);
  const cluster = start(['start', script, '-w', '1', '--name', 'shop'], {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.grpcUrl },
    cwd: join(script, '..'),
  });
  const [, port = ''] = await cluster.line(/^listening (\d+)/);
  await cluster.ready(1);
  t.is((await get(port, '/users/7')).body, '7');
  const { workers } = JSON.parse((await run('status', '--json', '--name', 'shop')).stdout) as FullStatus;
  const states = workers[0]?.stats?.instrumentations ?? [];
  const stateOf = (name: string) => states.find((one) => one.name === name)!;
  for (const name of ['http', 'undici', 'express']) t.is(stateOf(name).state, 'patched', name);
  t.like(stateOf('http2'), { state: 'not-loaded', why: 'the app has not loaded node:http2' });
  t.like(stateOf('pino'), { package: '@opentelemetry/instrumentation-pino', state: 'not-loaded' });
  t.regex(stateOf('pino').why!, /the app has not loaded pino/);
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
  const ofExpress = store.spans().filter(({ attributes }) => attributes['express.type'] !== undefined);
  t.deepEqual(
    ofExpress.map(({ attributes }) => attributes['express.type']),
    ['request_handler'],
  );
  t.is(store.spans().find(({ kind }) => kind === 'server')?.name, 'GET /users/:id');
});

for (const [how, preload, app] of [
  ['--require', "require('express');", 'apps/express.cjs'],
  ['--import', "import 'express';", 'apps/express.mjs'],
] as const) {
  test(`a module that ${how} loads before its instrumentation is named, in the log and in status`, async (t) => {
    const express = '@opentelemetry/instrumentation-express';
    const script = appFolder({
      fixture: app,
      copies: { '@opentelemetry/api': 'otel-api-1.9' },
      links: ['express', express],
      packageJson: { dependencies: { express: '*', [express]: '*' } },
    });
    const cwd = join(script, '..');
    const file = join(cwd, how === '--require' ? 'early.cjs' : 'early.mjs');
    writeFileSync(file, preload);
    const { start, run } = session(t);
    const cluster = start(['start', script, '-w', '1', '--name', 'shop', `--node-args=${how} ${file}`], { cwd });
    const { file: early } = await cluster.event('loaded-early', { module: 'express' });
    t.regex(String(early), /node_modules\/express/);
    await cluster.ready(1);
    const { workers } = JSON.parse((await run('status', '--json', '--name', 'shop')).stdout) as FullStatus;
    const found = workers[0]?.stats?.instrumentations?.find(({ name }) => name === 'express');
    // By the app's own require or import, in place: what the preload kept of it may not be.
    t.is(found?.state, 'patched');
    cluster.kill('SIGTERM');
    t.is((await cluster.exit).code, 0);
  });
}

test('a collector that refuses everything shows in status and in /metrics, and what is sent again is counted', async (t) => {
  const sink = await startSink('grpc');
  t.teardown(sink.stop);
  sink.answer = () => ({ type: 'grpc', code: 16, message: 'no such key' });
  const { start, run } = session(t);
  const flags = ['-w', '1', '--name', 'shop', '--admin-port', '0', '--flush-timeout', '1s'];
  const cluster = start(['start', fixture('apps/http.cjs'), ...flags], {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url, OTEL_BSP_SCHEDULE_DELAY: '10' },
  });
  const { port: admin } = await cluster.event('health-port');
  const [, port = ''] = await cluster.line(/^listening (\d+)/);
  await cluster.ready(1);
  await get(port);
  const { msg, fix } = await cluster.event('collector-refuses');
  t.regex(msg, /gRPC status 16: no such key/);
  t.regex(`${fix}`, /OTEL_EXPORTER_OTLP_HEADERS/);
  const { body } = await get(admin, '/metrics');
  t.regex(body, /^kf_cluster_spans_held\{slot="0",generation="1"\} 1$/m);
  t.regex(body, /^kf_cluster_spans_resent_total 0$/m);
  t.regex((await run('status', '--name', 'shop')).stdout, /TELEMETRY IS REFUSED.*no such key/);
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
});

test('telemetry is set up in code, with every option of the command line', async (t) => {
  const { receiver, store } = await collector(t);
  const program = watch(t, NODE, [fixture('apps/setup-telemetry.mjs')], { env: { COLLECTOR: receiver.httpUrl } });
  const [, port = ''] = await program.line(/^listening (\d+)/);
  await program.ready(1);
  for (const path of ['/health', '/page']) {
    const headers = { 'x-tenant': 'acme', connection: 'close' };
    await (await fetch(`http://127.0.0.1:${port}${path}`, { headers })).text();
  }
  program.kill('SIGTERM');
  t.is((await program.exit).code, 0);
  const [span, ...others] = store.spans();
  t.deepEqual(others, []);
  t.is(span?.resource.attributes['service.name'], 'in-code');
  t.like(span?.attributes, { 'url.path': '/page' });
  // What is set for one instrumentation wins over what is set for all of HTTP.
  t.deepEqual(span?.attributes['http.response.header.x-answer'], ['42']);
});

test('a request keeps its context over the orders of the supervisor and a message of the app', async (t) => {
  const { receiver, store } = await collector(t);
  const script = appFolder({ fixture: 'apps/slow-child.cjs', copies: { '@opentelemetry/api': 'otel-api-1.9' } });
  const cluster = kfCluster(t, ['start', script, '-w', '1'], {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.grpcUrl },
  });
  const [, port = ''] = await cluster.line(/^listening (\d+)/);
  await cluster.ready(1);
  const answer = get(port, '/slow');
  await cluster.line(/in flight/);
  cluster.kill('SIGHUP'); // the order to drain comes in the midst of it
  t.is((await answer).status, 200);
  await cluster.event('reload-done', { generation: 2 });
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
  const spans = store.spans();
  const server = spans.find(({ kind }) => kind === 'server')!;
  for (const name of ['late child', 'after send']) {
    t.is(spans.find((span) => span.name === name)?.parentSpanId, server.spanId, name);
  }
});

test('what is no regular expression and no object of settings ends the start', async (t) => {
  for (const [flag, value, expected] of [
    ['--exclude-urls', '(', /--exclude-urls has "\("/],
    ['--instrumentations', '[1]', /a JSON object with an object for each name/],
    ['--otlp-transport', 'fast', /one of builtin, upstream/],
  ] as const) {
    const cluster = kfCluster(t, ['start', fixture('apps/http.cjs'), flag, value]);
    t.true([2, 78].includes((await cluster.exit).code ?? 0));
    t.regex(cluster.stderr(), expected);
  }
});
