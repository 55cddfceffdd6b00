import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { call } from '../../src/control/client.js';
import { smokeUrl } from '../../src/diagnose/smoke/smoke-url.js';
import { fixture, type Running } from '../helpers/cluster.js';
import { session } from '../helpers/control.js';
import { type Answer, startSink } from '../helpers/fault-sink.js';
import '../helpers/json-log.js';
import { freePort } from '../helpers/raw.js';
import { allSignals } from '../helpers/signals.js';

interface Shop {
  readonly running: Running;
  readonly url: string;
  smoke(url?: string): ReturnType<ReturnType<typeof session>['run']>;
}

async function openShop(t: ExecutionContext, env: Record<string, string>, args: readonly string[] = []): Promise<Shop> {
  const { start, run } = session(t);
  const app = fixture('apps/bad-spans.cjs');
  const running = start(['start', app, '-w', '2', '--name', 'shop', ...args], { env });
  const [, port = ''] = await running.line(/^listening (\d+)/);
  await running.ready(2);
  const url = `http://127.0.0.1:${port}/`;
  return { running, url, smoke: (to = url) => run('smoke', '--name', 'shop', '--url', to) };
}

async function stop({ running }: Shop) {
  running.kill('SIGTERM');
  await running.exit;
}

test('smoke --url: 0, the trace id, and what became of the request', async (t) => {
  const { receiver, spans } = await allSignals(t);
  const shop = await openShop(t, { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.grpcUrl, OTEL_SERVICE_NAME: 'shop' });
  const { code, stdout, stderr } = await shop.smoke(`${shop.url}?key=planted`);
  t.is(code, 0, stderr);
  const [, traceId] = /^trace ([0-9a-f]{32})$/m.exec(stdout)!;
  t.true(spans.some((span) => span.traceId === traceId && span.kind === 'server'));
  t.regex(stdout, /answered 200 in \d+ ms\n {2}yes ended: 1 of 1 spans, by worker \d \(pid \d+\)\n/);
  t.regex(stdout, /yes acknowledged by the collector\n {2}yes SERVER span: GET/);
  t.regex(stdout, /yes parent: the request's own\n {2}no {2}route: no http.route\n {2}yes service: shop/);
  t.notRegex(stdout, /planted/);
  await stop(shop);
});

/** What is broken, what it is started with, and what smoke says. */
const BROKEN: Readonly<Record<string, readonly [env: Record<string, string>, said: RegExp, args?: readonly string[]]>> =
  {
    'telemetry is off': [{}, /no provider with an exporter/, ['--no-telemetry']],
    'the SDK is disabled': [{ OTEL_SDK_DISABLED: 'true' }, /no provider with an exporter/],
    'no exporter': [{ OTEL_TRACES_EXPORTER: 'none' }, /no provider with an exporter/],
    'the console exporter': [{ OTEL_TRACES_EXPORTER: 'console' }, /are not sent to a collector/],
    'nothing is sampled': [{ OTEL_TRACES_SAMPLER: 'always_off' }, /it was not sampled/],
    'another propagator': [{ OTEL_PROPAGATORS: 'b3' }, /its traceparent was not read/],
    'HTTP is not instrumented': [{ OTEL_NODE_DISABLED_INSTRUMENTATIONS: 'http' }, /HTTP is not instrumented/],
    'nobody listens there': [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' }, /UNREACHABLE.*they wait/],
  };

for (const [what, [env, said, args]] of Object.entries(BROKEN)) {
  test(`smoke --url says so: ${what}`, async (t) => {
    const shop = await openShop(t, env, args);
    const { code, stderr } = await shop.smoke();
    t.not(code, 0);
    t.regex(stderr, said);
    await stop(shop);
  });
}

test('smoke --url: what the collector says is what it says', async (t) => {
  const sink = await startSink('http');
  t.teardown(() => sink.stop());
  const env = { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: sink.url, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf' };
  const shop = await openShop(t, env);
  const rows: readonly (readonly [Answer, RegExp])[] = [
    [{ type: 'partial', rejected: 1 }, /the collector rejected spans/],
    [{ type: 'http', status: 400 }, /spans were given up\n {2}why: non_retryable/],
    [{ type: 'http', status: 401 }, /they wait\n {2}why: HTTP status 401/],
  ];
  for (const [answer, said] of rows) {
    sink.answer = () => answer;
    const { code, stdout, stderr } = await shop.smoke();
    t.is(code, 69, stderr);
    t.regex(stderr, said);
    t.regex(stdout, /^trace [0-9a-f]{32}\n/);
  }
  await stop(shop);
});

test('smoke --url: spans that do not end, another server, nobody there, no URL, no supervisor', async (t) => {
  const { receiver } = await allSignals(t);
  const shop = await openShop(t, { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.grpcUrl });
  const leaks = await shop.smoke(`${shop.url}leaks`);
  t.is(leaks.code, 1);
  t.regex(leaks.stderr, /1 spans have not ended: leak/);
  const other = createServer((_request, response) => response.end()).listen(0, '127.0.0.1');
  t.teardown(() => other.close());
  await new Promise((resolve) => other.once('listening', resolve));
  const elsewhere = await shop.smoke(`http://127.0.0.1:${(other.address() as AddressInfo).port}/`);
  t.is(elsewhere.code, 1);
  t.regex(elsewhere.stderr, /another process answered/);
  const nobody = await shop.smoke(`http://127.0.0.1:${await freePort()}/`);
  t.is(nobody.code, 69);
  t.regex(nobody.stderr, /does not answer the request/);
  t.is((await shop.smoke('shop')).code, 2);
  await stop(shop);
  t.is((await shop.smoke()).code, 3);
});

test.serial('smoke --url: 100 of 100 across reloads', async (t) => {
  const { receiver } = await allSignals(t);
  const { start, run, runtimeDir } = session(t);
  const app = fixture('apps/bad-spans.cjs');
  const running = start(['start', app, '-w', '2', '--name', 'shop', '--canary-time', '0'], {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.grpcUrl },
  });
  const [, port = ''] = await running.line(/^listening (\d+)/);
  await running.ready(2);
  let over = false;
  let reloads = 0;
  const reloading = (async () => {
    while (!over) {
      t.is((await run('reload', 'shop')).code, 0);
      reloads += 1;
    }
  })();
  const path = join(runtimeDir, 'kf-cluster', 'shop.sock');
  const failed: string[] = [];
  for (let i = 0; i < 100; i++) {
    const { failure, text } = await smokeUrl(`http://127.0.0.1:${port}/`, (what) => call(path, what));
    if (failure) failed.push(`${failure.render()}${text}`);
  }
  over = true;
  await reloading;
  t.deepEqual(failed, []);
  t.true(reloads >= 2, `${reloads}`);
  running.kill('SIGTERM');
  await running.exit;
});
