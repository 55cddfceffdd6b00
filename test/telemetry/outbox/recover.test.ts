import * as fs from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Delivery } from '../../../src/telemetry/outbox/store/store.js';
import { type Sink, startSink } from '../../helpers/fault-sink.js';
import { filesBelow, rig, tempDir } from '../../helpers/spool.js';
import { startSpoolProcess } from '../../helpers/spool-process.js';

const once = (sink: Sink) => [...sink.spans.values()].every((times) => times === 1);

for (const journalPer of ['batch', 'span'] as const) {
  test(`SIGKILL with the journal per ${journalPer}: all of it is recovered, and what was acknowledged is not sent again`, async (t) => {
    const sink = await startSink('grpc');
    t.teardown(sink.stop);
    const dir = join(tempDir(t), 'spool');
    const writer = await startSpoolProcess(t, sink.url, { dir, delivery: 'journal', journalPer });
    await writer.ask({ emit: 300, prefix: 'acknowledged' });
    t.deepEqual(await writer.ask({ flush: 20_000 }), { flushed: true });
    await sink.stop();
    await writer.ask({ emit: 700, prefix: 'unsent' });
    await writer.kill();
    await sink.start();
    const { spool, account } = rig(t, { url: sink.url, dir });
    t.like(await spool.recover(), { directories: 1, items: 700, corruptBytes: 0 });
    t.true(await spool.idle(20_000));
    t.is(sink.spans.size, 1000);
    t.true(once(sink));
    t.like(account(), { ended: 0, recovered: 700, exported: 700, spooled: 0 });
    spool.close();
    t.deepEqual(filesBelow(dir), []);
  });
}

const exits: [string, Delivery, object, number][] = [
  ['process.exit', 'spool', { exit: 7 }, 7],
  ['an uncaught exception', 'spool', { fail: 'boom' }, 1],
];
for (const [name, delivery, message, code] of exits) {
  test(`${name} without a collector: the exit drain keeps every span, the exit code stays`, async (t) => {
    const sink = await startSink('grpc');
    t.teardown(sink.stop);
    await sink.stop();
    const dir = join(tempDir(t), 'spool');
    const writer = await startSpoolProcess(t, sink.url, { dir, delivery });
    await writer.ask({ emit: 3000, prefix: 'x' });
    writer.process.send({ emit: 40, prefix: 'last', silent: true });
    writer.process.send(message);
    t.is(await writer.ended, code);
    await sink.start();
    const { spool } = rig(t, { url: sink.url, dir });
    t.like(await spool.recover(), { items: 3040 });
    t.true(await spool.idle(20_000));
    t.is(sink.spans.size, 3040);
    t.true(once(sink));
  });
}

test('a live owner is left alone', async (t) => {
  const dir = join(tempDir(t), 'spool');
  const writer = await startSpoolProcess(t, 'http://127.0.0.1:1', { dir, delivery: 'journal' });
  await writer.ask({ emit: 10, prefix: 'x' });
  const { spool } = rig(t, { dir });
  t.deepEqual(await spool.recover(), { directories: 0, items: 0, corruptBytes: 0 });
});

test('two processes recover at once: no directory goes to both, nothing is sent twice', async (t) => {
  const sink = await startSink('grpc');
  t.teardown(sink.stop);
  const dir = join(tempDir(t), 'spool');
  for (let directory = 0; directory < 40; directory++) leave(t, dir, `d${directory}-`, 20);
  const recoverers = await Promise.all([0, 1].map(() => startSpoolProcess(t, sink.url, { dir, delivery: 'spool' })));
  const adoptions = (await Promise.all(recoverers.map((each) => each.ask({ recover: true })))) as { items: number }[];
  t.is(
    adoptions.reduce((sum, recovery) => sum + recovery.items, 0),
    800,
  );
  for (const each of recoverers) t.deepEqual(await each.ask({ idle: 20_000 }), { idle: true });
  t.is(sink.spans.size, 800);
  t.true(once(sink));
});

test('an recovering process that is killed loses nothing: the next one finds what it had recovered', async (t) => {
  const sink = await startSink('grpc');
  t.teardown(sink.stop);
  const dir = join(tempDir(t), 'spool');
  for (let directory = 0; directory < 5; directory++) leave(t, dir, `d${directory}-`, 50);
  sink.answer = () => ({ type: 'hang' });
  for (let round = 0; round < 2; round++) {
    const recoverer = await startSpoolProcess(t, sink.url, { dir, delivery: 'spool' });
    await recoverer.ask({ recover: true });
    await sink.asked(round + 1);
    await recoverer.kill();
  }
  sink.answer = () => ({ type: 'ok' });
  const { spool } = rig(t, { url: sink.url, dir });
  t.like(await spool.recover(), { items: 250 });
  t.true(await spool.idle(20_000));
  t.is(sink.spans.size, 250);
  t.true(once(sink));
  spool.close();
  t.deepEqual(filesBelow(dir), []);
});

test('damaged segments: the rest is delivered, the bytes counted, the file kept aside', async (t) => {
  const sink = await startSink('grpc');
  t.teardown(sink.stop);
  const dir = join(tempDir(t), 'spool');
  leave(t, dir, 'x', 30, 'span');
  const file = join(dir, filesBelow(dir).find((name) => name.endsWith('.seg')) ?? '');
  const bytes = fs.readFileSync(file);
  bytes[Math.floor(bytes.length / 2)]! ^= 0x10;
  fs.writeFileSync(file, Buffer.concat([bytes, Buffer.from('torn tail')]));
  const { spool, account } = rig(t, { url: sink.url, dir });
  const { items, corruptBytes } = await spool.recover();
  t.is(items, 29);
  t.true(corruptBytes > 9);
  t.true(await spool.idle(20_000));
  t.is(sink.spans.size, 29);
  t.is(account().exported, 29);
  spool.close();
  t.regex(filesBelow(dir).join(), /^corrupt\/den-.*\.corrupt$/);
});

/** A directory without an owner, with this many spans in it. */
function leave(
  t: ExecutionContext,
  dir: string,
  prefix: string,
  count: number,
  journalPer: 'batch' | 'span' = 'batch',
) {
  const { spool, emit } = rig(t, { dir, delivery: 'journal', journalPer });
  emit(prefix, count);
  spool.drainSync();
  spool.close();
}
