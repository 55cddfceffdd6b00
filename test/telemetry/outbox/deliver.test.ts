import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import test from 'ava';
import { startSink } from '../../helpers/fault-sink.js';
import { configFor, gate, PATIENCE, rig, tempDir } from '../../helpers/spool.js';

for (const kind of ['grpc', 'grpc gzip', 'http/protobuf', 'http/protobuf gzip', 'http/json', 'http/json gzip']) {
  test(`${kind}: every span arrives once, with the headers, and no file is made`, async (t) => {
    const [protocol, compression] = kind.split(' ') as ['grpc' | 'http/protobuf' | 'http/json', 'gzip' | undefined];
    const sink = await startSink(protocol === 'grpc' ? 'grpc' : 'http');
    t.teardown(sink.stop);
    const config = configFor(sink.url, {
      protocol,
      compression: compression ?? 'none',
      headers: { 'X-Key': 'secret' },
    });
    const dir = join(tempDir(t), 'spool');
    const { spool, emit, account } = rig(t, { config, dir, encoding: protocol === 'http/json' ? 'json' : 'protobuf' });
    emit('a', 1500);
    t.true(await spool.flush(PATIENCE));
    t.is(sink.spans.size, 1500);
    t.true([...sink.spans.values()].every((times) => times === 1));
    t.is(sink.requests[0]?.headers['x-key'], 'secret');
    t.is(account().exported, 1500);
    t.false(existsSync(dir));
  });
}

test('a burst of 20,000 spans in one turn is kept, in few requests', async (t) => {
  const sink = await startSink('grpc');
  t.teardown(sink.stop);
  const { spool, emit, account } = rig(t, { url: sink.url });
  emit('b', 20_000);
  t.is(account().pending, 20_000);
  t.true(await spool.flush(PATIENCE));
  t.is(sink.spans.size, 20_000);
  t.is(account().exported, 20_000);
  t.true(sink.requests.length <= 3, `${sink.requests.length} requests`);
});

test('a collector that answers slowly fills no queue; the account adds up at every step', async (t) => {
  const sink = await startSink('grpc');
  t.teardown(sink.stop);
  const { opened, open } = gate();
  sink.answer = async () => {
    await opened;
    return { type: 'ok' };
  };
  const { spool, emit, account } = rig(t, { url: sink.url });
  for (let round = 0; round < 20; round++) {
    emit(`c${round}-`, 1000);
    t.is(account().pending, 1000 * (round + 1));
  }
  const flushed = spool.flush(PATIENCE);
  await sink.asked(1);
  t.is(account().exported, 0);
  open();
  t.true(await flushed);
  t.is(account().exported, 20_000);
  t.is(sink.spans.size, 20_000);
});

test('a partial success counts as rejected what was rejected', async (t) => {
  for (const protocol of ['grpc', 'http/protobuf', 'http/json'] as const) {
    const sink = await startSink(protocol === 'grpc' ? 'grpc' : 'http');
    t.teardown(sink.stop);
    sink.answer = () => ({ type: 'partial', rejected: 3 });
    const encoding = protocol === 'http/json' ? 'json' : 'protobuf';
    const { spool, emit, account, warnings } = rig(t, { config: configFor(sink.url, { protocol }), encoding });
    emit('p', 10);
    t.true(await spool.flush(PATIENCE));
    t.like(account(), { exported: 7, rejected: 3 });
    t.regex(warnings[0] ?? '', /rejected 3/);
  }
});

for (const code of [1, 4, 10, 11, 14, 15]) {
  test(`gRPC ${code} is tried again`, async (t) => {
    const sink = await startSink('grpc');
    t.teardown(sink.stop);
    sink.answer = (_, index) => (index < 2 ? { type: 'grpc', code } : { type: 'ok' });
    const { spool, emit, account } = rig(t, { url: sink.url });
    emit('r', 5);
    t.true(await spool.flush(PATIENCE));
    t.is(account().exported, 5);
    t.is(sink.requests.length, 3);
  });
}

test('gRPC 8 is tried again only with RetryInfo', async (t) => {
  const sink = await startSink('grpc');
  t.teardown(sink.stop);
  sink.answer = (_, index) => (index === 0 ? { type: 'grpc', code: 8, retryMs: 20 } : { type: 'grpc', code: 8 });
  const { spool, emit, account, drops } = rig(t, { url: sink.url });
  emit('e', 5);
  t.true(await spool.flush(PATIENCE));
  t.is(sink.requests.length, 2);
  t.is(account().dropped.non_retryable, 5);
  t.is(drops.length, 1);
  t.like(drops[0], { cause: 'non_retryable', items: 5 });
});

for (const status of [429, 502, 503, 504]) {
  test(`HTTP ${status} is tried again, after Retry-After`, async (t) => {
    const sink = await startSink('http');
    t.teardown(sink.stop);
    sink.answer = (_, index) => (index === 0 ? { type: 'http', status, retryAfter: '0' } : { type: 'ok' });
    const { spool, emit, account } = rig(t, { config: configFor(sink.url, { protocol: 'http/protobuf' }) });
    emit('h', 5);
    t.true(await spool.flush(PATIENCE));
    t.is(account().exported, 5);
  });
}

for (const [name, kind, refusal] of [
  ...[401, 403, 404, 405, 500].map((status) => [`HTTP ${status}`, 'http', { type: 'http', status }] as const),
  ...[5, 7, 12, 16].map((code) => [`gRPC ${code}`, 'grpc', { type: 'grpc', code }] as const),
] as const) {
  test(`${name}: all is held on disk with one warning that has no header in it, and arrives when it is mended`, async (t) => {
    const sink = await startSink(kind);
    t.teardown(sink.stop);
    sink.answer = () => refusal;
    const protocol = kind === 'grpc' ? 'grpc' : 'http/protobuf';
    const config = configFor(sink.url, { protocol, headers: { authorization: 'Bearer s3cret' } });
    const { spool, emit, account, warnings, fixes, drops } = rig(t, { config });
    for (let round = 0; round < 3; round++) {
      emit(`u${round}`, 5);
      t.false(await spool.flush(60_000));
    }
    t.regex(account().held!, /status/);
    spool.drainSync();
    t.like(account(), { spooled: 15, exported: 0 });
    t.is(warnings.length, 1);
    t.regex(fixes[0]!, /Everything waits/);
    t.false(JSON.stringify([warnings, fixes]).includes('s3cret'));
    t.deepEqual(drops, []);
    sink.answer = () => ({ type: 'ok' });
    t.true(await spool.flush(PATIENCE));
    t.like(account(), { spooled: 0, exported: 15 });
    t.is(account().held, undefined);
  });
}

test('HTTP 200 with a page of HTML is no acknowledgement', async (t) => {
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Log in</html>'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`;
  const { spool, emit, account } = rig(t, { config: configFor(url, { protocol: 'http/protobuf' }) });
  emit('h', 5);
  t.false(await spool.flush(60_000));
  t.like(account(), { exported: 0, held: 'HTTP status 200 with a page of HTML' });
});

test('a batch that is too large is split down to what the collector takes, a single span too large is named', async (t) => {
  for (const protocol of ['grpc', 'http/protobuf', 'http/json'] as const) {
    const sink = await startSink(protocol === 'grpc' ? 'grpc' : 'http');
    t.teardown(sink.stop);
    const refusal = { grpc: { type: 'grpc', code: 8, message: 'Received message larger than max' } } as const;
    sink.answer = ({ names }) => {
      if (names.length <= 3 && !names.includes('s99')) return { type: 'ok' };
      return protocol === 'grpc' ? refusal.grpc : { type: 'http', status: 413 };
    };
    const encoding = protocol === 'http/json' ? 'json' : 'protobuf';
    const { spool, emit, account } = rig(t, { config: configFor(sink.url, { protocol }), encoding });
    emit('s', 100);
    t.true(await spool.flush(PATIENCE));
    t.like(account(), { exported: 99 });
    t.is(account().dropped.non_retryable, 1);
    t.is(sink.spans.size, 99);
  }
});

for (const mode of [
  { delivery: 'spool' },
  { delivery: 'journal' },
  { delivery: 'journal', journalPer: 'span' },
] as const) {
  test(`one bad span does not take the others of its request with it: ${JSON.stringify(mode)}`, async (t) => {
    const sink = await startSink('grpc');
    t.teardown(sink.stop);
    sink.answer = ({ names }) => (names.includes('bad0') ? { type: 'grpc', code: 3 } : { type: 'ok' });
    const { spool, emit, account } = rig(t, { url: sink.url, ...mode });
    emit('x', 700);
    emit('bad', 1);
    emit('y', 300);
    t.true(await spool.flush(PATIENCE));
    t.is(account().exported, 1000);
    t.is(account().dropped.non_retryable, 1);
  });
}

test('a collector that refuses everything is not asked about each span alone', async (t) => {
  const sink = await startSink('grpc');
  t.teardown(sink.stop);
  sink.answer = () => ({ type: 'grpc', code: 3 });
  const { spool, emit, account } = rig(t, { url: sink.url });
  emit('x', 5_000);
  t.true(await spool.flush(PATIENCE));
  t.is(account().dropped.non_retryable, 5_000);
  t.true(sink.requests.length < 50, `${sink.requests.length} requests`);
  sink.answer = () => ({ type: 'ok' });
  emit('y', 10);
  t.true(await spool.flush(PATIENCE));
  t.is(account().exported, 10);
});

test('memory: what does not fit goes, oldest first, counted; the way out without a collector is counted too', async (t) => {
  const { spool, emit, account, drops } = rig(t, { delivery: 'memory', maxMemoryBytes: 100_000 });
  emit('m', 20_000);
  t.false(await spool.flush(1));
  const { dropped, pending } = account();
  t.true(dropped.queue_full > 0 && pending > 0);
  spool.drainSync();
  t.is(account().dropped.expired, pending);
  emit('late', 7);
  t.is(account().dropped.late, 7);
  const told = (cause: string) =>
    drops.filter((drop) => drop.cause === cause).reduce((sum, drop) => sum + drop.items, 0);
  t.deepEqual([told('queue_full'), told('expired'), told('late')], [dropped.queue_full, pending, 1]);
  spool.drainSync();
  t.is(told('late'), 7);
});

test('logs and metrics go the same way, and have accounts of their own', async (t) => {
  const sink = await startSink('http');
  t.teardown(sink.stop);
  const { spool } = rig(t, { config: configFor(sink.url, { protocol: 'http/protobuf' }) });
  const serialize = () => new Uint8Array([10, 0]);
  const { exporter, account } = spool.way<string[]>({
    ...{ signal: 'logs', serialize },
    count: (batch) => batch.length,
    divide: (batch) => batch.map((item) => [item]),
  });
  account.ended += 2;
  exporter.export(['a', 'b'], (result) => t.is(result.code, 0));
  t.true(await spool.flush(PATIENCE));
  t.like(spool.account('logs'), { ended: 2, exported: 2 });
  t.like(spool.account('traces'), { ended: 0, exported: 0 });
});
