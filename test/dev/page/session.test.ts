import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import test from 'ava';
import { record } from '../../../src/dev/session/record-session.js';
import { makeRequest, makeSession, openPage } from '../../helpers/page.js';

test('a session that was exported and imported is the same session', async (t) => {
  const { store, session } = makeSession();
  const attributes = {
    text: 'a',
    yes: true,
    huge: 9_007_199_254_740_993n,
    ratio: 0.25,
    list: ['a', 1],
    bytes: new Uint8Array([1]),
    map: { a: 'b' },
  };
  const event = { name: 'rolled', timeNs: 2_000n, attributes: { face: 6 }, droppedAttributes: 0 };
  const link = {
    traceId: 'a'.repeat(32),
    spanId: 'b'.repeat(16),
    traceState: '',
    flags: 0,
    attributes: {},
    droppedAttributes: 0,
  };
  const rich = makeRequest({
    attributes,
    events: [event],
    links: [link],
    status: { code: 'error', message: 'broken' },
  });
  const log = {
    timeNs: 5_000n,
    severity: 17,
    severityText: 'ERROR',
    body: 'no dice',
    attributes: { a: 1 },
    flags: 0,
    eventName: '',
  };
  store.addSpans([rich, ...Array.from({ length: 3_000 }, (_, at) => makeRequest({ slot: at % 4 }))]);
  store.addLogs([{ ...log, traceId: rich.traceId, spanId: rich.spanId, resource: rich.resource, scope: rich.scope }]);
  const other = makeSession();
  const count = await other.session.import(Readable.from([...session.otlp()].map((line) => Buffer.from(line))));
  t.deepEqual(count, { spans: 3_001, logs: 1, metrics: 0 });
  t.deepEqual(other.session.trace(rich.traceId), session.trace(rich.traceId));
  t.deepEqual([...other.session.otlp()].sort(), [...session.otlp()].sort());
});

test('a recording is private and has the session; one that cannot be written says why', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'kf-record-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  const { store, session } = makeSession();
  store.addSpans([makeRequest({ name: 'kept' })]);
  const file = join(dir, 'session.jsonl');
  t.is(await record(file, session), undefined);
  t.regex(readFileSync(file, 'utf8'), /^\{"resourceSpans":.*"kept".*\n$/);
  t.regex((await record(join(dir, 'none', 'x.jsonl'), session)) ?? '', /ENOENT/);
});

test('an export is a download of lines that the page takes back', async (t) => {
  const page = await openPage();
  t.teardown(page.close);
  page.store.addSpans([makeRequest(), makeRequest({ slot: 1 })]);
  const exported = await page.ask('/api/export?format=otlp');
  t.is(exported.status, 200);
  t.is(exported.headers['content-disposition'], 'attachment; filename="session.otlp.jsonl"');
  const other = await openPage();
  t.teardown(other.close);
  const sent = await other.ask(
    '/api/import',
    { 'content-type': 'application/x-ndjson' },
    { method: 'POST', body: exported.body },
  );
  t.deepEqual(JSON.parse(sent.body), { spans: 2, logs: 0, metrics: 0 });
});
