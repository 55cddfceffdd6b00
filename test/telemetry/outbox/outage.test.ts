import { join } from 'node:path';
import test from 'ava';
import { connector } from '../../../src/telemetry/outbox/index.js';
import { RequestTimeout } from '../../../src/telemetry/outbox/send/request-timeout.js';
import { GONE, OVERLOADED } from '../../../src/telemetry/outbox/send/send-backoff.js';
import { startSink } from '../../helpers/fault-sink.js';
import { configFor, filesBelow, PATIENCE, rig, tempDir, until } from '../../helpers/spool.js';

for (const protocol of ['grpc', 'http/protobuf'] as const) {
  test(`${protocol}: what ends while the collector is down goes to disk, and arrives once when it is back`, async (t) => {
    const sink = await startSink(protocol === 'grpc' ? 'grpc' : 'http');
    t.teardown(sink.stop);
    const dir = join(tempDir(t), 'spool');
    const { spool, emit, account } = rig(t, { config: configFor(sink.url, { protocol }), dir });
    emit('before', 10);
    t.true(await spool.flush(PATIENCE));
    await sink.stop();
    emit('down', 1000);
    t.false(await spool.flush(1));
    await until(() => spool.account('traces').spooled === 1000);
    emit('later', 1000);
    t.false(await spool.flush(1));
    t.like(account(), { exported: 10, spooled: 2000, pending: 0 });
    t.true(filesBelow(dir).some((file) => file.endsWith('.seg')));
    await sink.start();
    t.true(await spool.flush(PATIENCE));
    t.is(sink.spans.size, 2010);
    t.true([...sink.spans.values()].every((times) => times === 1));
    t.like(account(), { exported: 2010, spooled: 0 });
    spool.close();
    t.deepEqual(filesBelow(dir), []);
  });
}

test('the first request after an outage is a small one, so that what ended in it begins to arrive at once', async (t) => {
  const sink = await startSink('grpc');
  t.teardown(sink.stop);
  const { spool, emit } = rig(t, { url: sink.url });
  emit('before', 10);
  t.true(await spool.flush(PATIENCE));
  await sink.stop();
  for (let batch = 0; batch < 20; batch++) {
    emit(`down${batch}-`, 1000);
    t.false(await spool.flush(1));
  }
  await sink.start();
  t.true(await spool.flush(PATIENCE));
  const [first, ...later] = sink.requests.slice(1).map(({ bytes }) => bytes);
  t.true(first! < 300_000, `${first}`);
  t.true(Math.max(...later) > 2 * first!, 'and the next ones are full again');
  t.is(sink.spans.size, 20_010);
});

test('no pause after a lost connection is longer than 0.7 s', (t) => {
  const pauses: number[] = [];
  for (let policy = GONE, i = 0; i < 12; i++, policy = policy.next()) pauses.push(policy.ms(1));
  t.deepEqual(pauses.slice(0, 6), [50, 100, 200, 400, 500, 500]);
  t.is(OVERLOADED.next().ms(0), 250);
});

test('a request whose acknowledgement was lost is the only one sent twice', async (t) => {
  const sink = await startSink('grpc');
  t.teardown(sink.stop);
  const { spool, emit, account } = rig(t, { url: sink.url });
  emit('acknowledged', 100);
  t.true(await spool.flush(PATIENCE));
  sink.answer = () => ({ type: 'lost' });
  emit('cut', 600);
  await sink.delivered(700);
  emit('after', 600);
  await sink.stop();
  sink.answer = () => ({ type: 'ok' });
  await sink.start();
  t.true(await spool.flush(PATIENCE));
  t.is(account().exported, 1300);
  t.is(sink.spans.size, 1300);
  const twice = [...sink.spans].filter(([, times]) => times > 1).map(([name]) => name);
  t.is(twice.length, 600);
  t.true(twice.every((name) => name.startsWith('cut')));
});

test('a collector that accepts and never answers is given up on, and a new connection made', async (t) => {
  const sink = await startSink('grpc');
  t.teardown(sink.stop);
  sink.answer = (_, index) => ({ type: index < 2 ? 'hang' : 'ok' });
  const { spool, emit, account } = rig(t, { url: sink.url, sender: { requestTimeoutMs: 2_000 } });
  emit('h', 700);
  t.true(await spool.flush(PATIENCE));
  t.is(account().exported, 700);
  t.true([...sink.spans.values()].every((times) => times === 1));
});

for (const kind of ['grpc', 'http'] as const) {
  test(`${kind}: a request that a hung collector holds does not hold up a flush once it answers others`, async (t) => {
    const sink = await startSink(kind);
    t.teardown(sink.stop);
    sink.answer = (_, index) => ({ type: index === 0 ? 'hang' : 'ok' });
    const config = configFor(sink.url, { protocol: kind === 'grpc' ? 'grpc' : 'http/protobuf' });
    // The time of a request is longer than the flush: it cannot be what ends the wait.
    const { spool, emit, account } = rig(t, { config, sender: { requestTimeoutMs: 600_000 } });
    emit('held', 100);
    t.false(await spool.flush(1));
    await until(() => sink.requests.length === 1);
    emit('after', 100);
    t.true(await spool.flush(PATIENCE));
    t.like(account(), { exported: 200, pending: 0, resent: 100 });
    t.true([...sink.spans.values()].every((times) => times === 1));
  });
}

test('a request that a hung collector holds does not hold up a flush either where the next answer takes its time', async (t) => {
  const sink = await startSink('grpc');
  t.teardown(sink.stop);
  sink.answer = async (_, index) => {
    if (index === 0) return { type: 'hang' };
    // When it is here the first one has waited for less than twice as long; nothing else comes to say so later.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    return { type: 'ok' };
  };
  const { spool, emit, account } = rig(t, { url: sink.url, sender: { requestTimeoutMs: 600_000 } });
  emit('held', 100);
  t.false(await spool.flush(1));
  await until(() => sink.requests.length === 1);
  emit('after', 100);
  t.true(await spool.flush(PATIENCE));
  t.like(account(), { exported: 200, pending: 0, resent: 100 });
});

test('one that is waited for longer, after a timeout, holds nothing up: what comes after it goes over another connection', async (t) => {
  const sink = await startSink('grpc');
  t.teardown(sink.stop);
  sink.answer = (_, index) => ({ type: index < 2 ? 'hang' : 'ok' });
  // A full batch is handed on at once. The second try may take 6 s; after 3 s of them the next spans are sent.
  const { spool, emit, account } = rig(t, { url: sink.url, sender: { requestTimeoutMs: 3_000 } });
  emit('held', 512);
  await until(() => sink.requests.length === 2);
  emit('after', 512);
  await until(() => account().exported === 1024);
  t.regex([...sink.spans.keys()][0] ?? '', /^after/, 'it came first');
  t.true([...sink.spans.values()].every((times) => times === 1));
  spool.close();
});

for (const kind of ['grpc', 'http'] as const) {
  test(`${kind}: a collector slower than the timeout gets the same spans a few times, and the next ones once`, async (t) => {
    const sink = await startSink(kind);
    t.teardown(sink.stop);
    sink.answer = async () => {
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      return { type: 'ok' };
    };
    const config = configFor(sink.url, { protocol: kind === 'grpc' ? 'grpc' : 'http/protobuf' });
    const { spool, emit, account, warnings, fixes } = rig(t, { config, sender: { requestTimeoutMs: 200 } });
    emit('slow', 10);
    t.true(await spool.flush(PATIENCE));
    const { exported, resent } = account();
    t.is(exported, 10);
    // 200, 400, 800, 1,600 milliseconds; more where this machine is slow itself.
    t.true(resent >= 20 && resent <= 60, String(resent));
    // One whose time passed while its connection was made has not arrived.
    t.true(sink.requests.length <= 1 + resent / 10, `${sink.requests.length} requests`);
    t.deepEqual(warnings, ['the collector takes nothing: no answer within 200 ms']);
    t.regex(fixes[0]!, /OTEL_EXPORTER_OTLP_TIMEOUT .* 200 milliseconds/);
    const before = sink.requests.length;
    emit('next', 10);
    t.true(await spool.flush(PATIENCE));
    t.true(sink.requests.length - before <= 2);
    t.is(account().exported, 20);
  });
}

test('the time of a request doubles for all that were under way together, up to 30 s or what was set', (t) => {
  const timeout = new RequestTimeout(10_000);
  for (const ms of [10_000, 10_000, 10_000]) timeout.passed(ms);
  t.is(timeout.ms, 20_000);
  for (let i = 0; i < 5; i++) timeout.passed(timeout.ms);
  t.is(timeout.ms, 30_000);
  const long = new RequestTimeout(90_000);
  long.passed(90_000);
  t.is(long.ms, 90_000);
});

test('a connection that cannot even be made is tried again, and throws into nobody', async (t) => {
  const sink = await startSink('grpc');
  t.teardown(sink.stop);
  let tries = 0;
  const connect = () => {
    if (++tries < 3) throw new Error('no such certificate');
    return connector(configFor(sink.url))();
  };
  const { spool, emit, account } = rig(t, { connect });
  emit('c', 10);
  t.true(await spool.flush(PATIENCE));
  t.is(account().exported, 10);
});

test('what does not fit into memory overflows to disk and comes back from there', async (t) => {
  const sink = await startSink('grpc');
  t.teardown(sink.stop);
  let answered = false;
  sink.answer = () => ({ type: answered ? 'ok' : 'hang' });
  const { spool, emit, account } = rig(t, {
    url: sink.url,
    maxMemoryBytes: 200_000,
    sender: { requestTimeoutMs: 300 },
  });
  for (let round = 0; round < 20; round++) {
    emit(`o${round}-`, 1000);
    account();
  }
  t.true(account().spooled > 10_000);
  answered = true;
  t.true(await spool.flush(PATIENCE));
  t.is(sink.spans.size, 20_000);
  t.is(account().exported, 20_000);
});

test('an answer that comes after the flush gave up still counts, and the flush waits for no later span', async (t) => {
  const sink = await startSink('grpc');
  t.teardown(sink.stop);
  const { spool, emit, account } = rig(t, { url: sink.url, delivery: 'journal' });
  sink.answer = () => ({ type: 'hang' });
  emit('f', 10);
  t.false(await spool.flush(50));
  spool.drainSync();
  t.like(account(), { spooled: 10, pending: 0 });
  emit('late', 3);
  t.like(account(), { ended: 13, spooled: 13, pending: 0 });
});
