import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import test from 'ava';

import type { SpanAccount } from '../../src/contract/item-account.js';
import { droppedOf, NO_SPANS } from '../../src/contract/item-account.js';
import { grpcSink, httpSink, type Sink } from '../helpers/otlp-sink.js';
import { type Ran, root, runNode } from '../helpers/run-node.js';

const FIXTURE = `${root}test/fixtures/telemetry-spans.mjs`;
const account = (ran: Ran): SpanAccount => JSON.parse(ran.stdout.trim().split('\n').at(-1)!);
const spansTo = (sink: { url: string }, count: number, env: Record<string, string> = {}, flushMs = 5000) =>
  runNode([FIXTURE, String(count), String(flushMs)], { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url, ...env }).done;
const distinct = (sink: Sink) => new Set(sink.spans.map((span) => span.spanId)).size;

test('a queue of 20,480 spans and one that ends during the flush arrive over gRPC', async (t) => {
  const sink = await grpcSink();
  const ran = await spansTo(sink, 20_480, { OTEL_BSP_MAX_QUEUE_SIZE: '30000' });
  t.is(ran.code, 0, ran.stderr);
  t.deepEqual(account(ran), { ...NO_SPANS, ended: 20_481, exported: 20_481 });
  t.is(distinct(sink), 20_481);
  await sink.close();
});

test('spans beyond the queue are handed on, not dropped', async (t) => {
  const sink = await grpcSink();
  const ran = await spansTo(sink, 100, { OTEL_BSP_MAX_QUEUE_SIZE: '10' });
  t.deepEqual(account(ran), { ...NO_SPANS, ended: 101, exported: 101 });
  t.is(distinct(sink), 101);
  await sink.close();
});

test('a collector that is down: no rejection, exit code 0, every span is spooled and the outage is told', async (t) => {
  const ran = await spansTo({ url: 'http://127.0.0.1:1' }, 1000, {}, 500);
  t.is(ran.code, 0, ran.stderr);
  t.deepEqual(account(ran), { ...NO_SPANS, ended: 1001, spooled: 1001 });
  t.regex(ran.stderr, /the collector takes nothing/);
  t.notRegex(ran.stderr, /UnhandledPromiseRejection|spans not delivered/);
});

test('a collector that is down, with delivery from memory alone: every span is accounted as dropped', async (t) => {
  const ran = await spansTo({ url: 'http://127.0.0.1:1' }, 1000, { DELIVERY: 'memory' }, 500);
  t.is(ran.code, 0, ran.stderr);
  const said = account(ran);
  t.like(said, { ended: 1001, exported: 0, spooled: 0, pending: 0 });
  t.is(said.dropped.expired, 1001);
  t.regex(ran.stderr, /spans not delivered.*--delivery spool/);
});

test('a collector that never answers costs the flush timeout, and the account says so', async (t) => {
  const sink = await grpcSink({ answer: () => new Promise(() => undefined) });
  const ran = await spansTo(sink, 10, { OTEL_EXPORTER_OTLP_TIMEOUT: '2000' }, 300);
  t.is(ran.code, 0, ran.stderr);
  const said = account(ran);
  t.is(said.exported, 0);
  t.is(said.spooled, said.ended);
  await sink.close();
});

test('a partial success counts what was refused as rejected', async (t) => {
  const sink = await grpcSink({ answer: (call) => (call === 0 ? { rejected: 7 } : {}) });
  const ran = await spansTo(sink, 600);
  t.deepEqual(account(ran), { ...NO_SPANS, ended: 601, exported: 594, rejected: 7 });
  t.regex(ran.stderr, /the collector rejected 7/);
  await sink.close();
});

test('a refused batch is counted, the next ones arrive', async (t) => {
  const sink = await grpcSink({ answer: (call) => (call === 0 ? { code: status.RESOURCE_EXHAUSTED } : {}) });
  const ran = await spansTo(sink, 1000);
  const said = account(ran);
  t.is(said.dropped.non_retryable, droppedOf(said));
  t.true(said.dropped.non_retryable > 0);
  t.is(said.ended, said.exported + droppedOf(said));
  await sink.close();
});

for (const protocol of ['http/protobuf', 'http/json']) {
  test(`${protocol}: the base endpoint gets /v1/traces, gzip is off, headers of a file are sent and not logged`, async (t) => {
    const sink = await httpSink();
    const file = join(mkdtempSync(join(tmpdir(), 'kf-headers-')), 'headers');
    writeFileSync(file, '# key\nkf-api-key=s3cret\n', { mode: 0o644 });
    const ran = await spansTo(sink, 5, { OTEL_EXPORTER_OTLP_PROTOCOL: protocol, HEADERS_FILE: file });
    t.is(ran.code, 0, ran.stderr);
    t.deepEqual(account(ran), { ...NO_SPANS, ended: 6, exported: 6 });
    t.is(sink.headers[0]!.path, '/v1/traces');
    t.is(sink.headers[0]!['kf-api-key'], 's3cret');
    t.notRegex(ran.stderr, /s3cret/);
    t.regex(ran.stderr, /readable by everyone/);
    await sink.close();
  });
}

for (const protocol of ['grpc', 'http/protobuf']) {
  test(`${protocol}: a key arrives alike from the variable and from a file`, async (t) => {
    const keys =
      'Authorization=Basic dXNlcjpwYXNz==,x-sure=100%sure,x-list=a%2Cb, x-words = two  words ,x-escaped=50%25ab';
    const file = join(mkdtempSync(join(tmpdir(), 'kf-headers-')), 'headers');
    writeFileSync(file, keys.split(',').join('\n'), { mode: 0o600 });
    for (const how of [{ OTEL_EXPORTER_OTLP_HEADERS: keys }, { HEADERS_FILE: file }]) {
      const sink = await (protocol === 'grpc' ? grpcSink() : httpSink());
      const ran = await spansTo(sink, 1, { OTEL_EXPORTER_OTLP_PROTOCOL: protocol, ...how });
      t.is(ran.code, 0, ran.stderr);
      t.like(sink.headers[0], {
        authorization: 'Basic dXNlcjpwYXNz==',
        'x-sure': '100%sure',
        'x-list': 'a,b',
        'x-words': 'two  words',
        'x-escaped': '50%ab',
      });
      await sink.close();
    }
  });
}

test('identity: the resource says which worker it is', async (t) => {
  const sink = await grpcSink();
  await spansTo(sink, 1, {
    OTEL_RESOURCE_ATTRIBUTES: 'team=a%20b,service.instance.id=shared,service.name=weak',
    OTEL_SERVICE_NAME: 'shop',
    OTEL_SERVICE_VERSION: '7',
    OTEL_EXPORTER_OTLP_HEADERS: 'x-key=1',
  });
  const { resource } = sink.spans[0]!;
  t.like(resource, { 'service.name': 'shop', 'service.version': '7', team: 'a b', 'service.instance.id': 'i-1' });
  t.like(resource, { 'kf.worker.slot': 3, 'kf.worker.generation': 2, 'telemetry.distro.name': 'kf-cluster' });
  t.is(sink.headers[0]!['x-key'], '1');
  await sink.close();
});

test('console prints whole lines of JSON with the worker; the attached line shows no secret', async (t) => {
  const ran = await runNode([FIXTURE, '2'], {
    OTEL_TRACES_EXPORTER: 'console',
  }).done;
  const lines = ran.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  t.like(lines[0], { worker: 3, name: 'span 0', status: 'UNSET' });
  t.regex(ran.stderr, /telemetry attached/);
});
