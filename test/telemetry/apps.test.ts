import test from 'ava';
import { type AppFolder, appFolder } from '../helpers/app-folder.js';
import { eventsIn } from '../helpers/log-lines.js';
import { isHere } from '../helpers/nodes.js';
import { type ArrivedSpan, grpcSink } from '../helpers/otlp-sink.js';
import { nodes, root, runNode } from '../helpers/run-node.js';

const SERVER = 2;
const CLIENT = 3;
const REGISTER = `file://${root}dist/src/api/register.js`;
const BUNDLED = `file://${root}dist/bundle/register.js`;

interface Served {
  readonly spans: readonly ArrivedSpan[];
  readonly stderr: string;
  readonly signal: string | null;
}

/** Runs an app under register, requests what `urls` finds in its ready line, stops it by SIGTERM. */
async function serve(
  folder: AppFolder,
  urls: (line: string) => string[],
  register = REGISTER,
  node?: string,
): Promise<Served> {
  const sink = await grpcSink();
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url, KF_CLUSTER_LOG_FORMAT: 'json' };
  const app = runNode(['--import', register, appFolder(folder)], env, node);
  const line = await app.prints(' \n');
  for (const url of urls(line)) await (await fetch(url)).text();
  app.kill('SIGTERM');
  const { stderr, signal } = await app.done;
  await sink.close();
  return { spans: sink.spans, stderr, signal };
}

const home = (line: string) => [`http://127.0.0.1:${line.split(' ')[1]}/`];
const count = (spans: readonly ArrivedSpan[], kind: number) => spans.filter((span) => span.kind === kind).length;

for (const [nodeName, node] of Object.entries(nodes)) {
  for (const api of ['otel-api-1.9', 'otel-api-1.10']) {
    for (const fixture of ['telemetry-app.cjs', 'telemetry-app.mjs']) {
      for (const register of [REGISTER, BUNDLED]) {
        const kind = register === REGISTER ? 'unbundled' : 'bundled';
        test(`${nodeName}, ${api}, ${fixture}, ${kind}: one trace of http, fetch and the app's own span`, async (t) => {
          if (!isHere(t, node)) return;
          const folder = { fixture, copies: { '@opentelemetry/api': api } };
          const { spans, stderr, signal } = await serve(folder, home, register, node);
          t.is(signal, 'SIGTERM', stderr);
          t.is(count(spans, SERVER), 3, stderr);
          t.is(count(spans, CLIENT), 2);
          t.is(spans.length, 6);
          t.is(new Set(spans.map((span) => span.traceId)).size, 1);
          t.like(spans.find((span) => span.kind === SERVER)!.attributes, {
            'http.request.method': 'GET',
            'http.response.status_code': 200,
          });
          t.is(spans[0]!.resource['service.name'], 'shop');
          t.notRegex(stderr, /cannot see the provider/);
          t.is(eventsIn(stderr, 'telemetry-attached').length, 1);
        });
      }
    }
  }
}

for (const [nodeName, node] of Object.entries(nodes)) {
  test(`${nodeName}: node:http2 and node:https that an app asks for late are instrumented as it gets them`, async (t) => {
    if (!isHere(t, node)) return;
    const { spans, stderr } = await serve({ fixture: 'telemetry-late.cjs' }, home, BUNDLED, node);
    const of = (kind: number) => spans.filter((span) => span.kind === kind).map(({ attributes }) => attributes);
    t.is(spans.length, 4, stderr);
    t.is(new Set(spans.map((span) => span.traceId)).size, 1);
    t.deepEqual(
      of(SERVER)
        .map((attributes) => attributes['network.protocol.version'])
        .sort(),
      ['1.1', '2'],
    );
    t.deepEqual(of(CLIENT).map((attributes) => attributes['url.full'] ?? attributes['url.path']).length, 2);
    t.true(of(CLIENT).some((attributes) => attributes['url.full'] === 'https://127.0.0.1:1/'));
  });
}

test('express and fastify: one SERVER span a request', async (t) => {
  const folder = { fixture: 'telemetry-frameworks.mjs', links: ['express', 'fastify'] };
  const { spans, stderr } = await serve(folder, (line) => line.split(' ').slice(1, 3));
  t.is(count(spans, SERVER), 2, stderr);
});

for (const [nodeName, node] of Object.entries(nodes)) {
  test(`${nodeName}: an instrumentation package of an ESM app is loaded and sees its imports`, async (t) => {
    if (!isHere(t, node)) return;
    const instrumentation = '@opentelemetry/instrumentation-express';
    const folder = {
      fixture: 'telemetry-frameworks.mjs',
      links: ['express', 'fastify', instrumentation],
      packageJson: { dependencies: { [instrumentation]: '*' } },
    };
    const { spans, stderr } = await serve(folder, (line) => line.split(' ').slice(1, 3), BUNDLED, node);
    t.is(count(spans, SERVER), 2, stderr);
    const [attached] = eventsIn(stderr, 'telemetry-attached');
    t.is(String(attached?.instrumentations), 'http,http2,undici,express');
    t.is(
      spans.find((span) => span.kind === SERVER && span.attributes['http.route'])?.attributes['http.route'],
      '/express/:id',
    );
  });
}
