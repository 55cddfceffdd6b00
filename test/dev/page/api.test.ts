import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { gunzipSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import { readAsset } from '../../../src/dev/server/assets.js';
import { startPage } from '../../../src/dev/server/page-server.js';
import { makeRequest, makeSession, openPage, type PageUnderTest } from '../../helpers/page.js';

async function open(t: ExecutionContext): Promise<PageUnderTest> {
  const page = await openPage();
  t.teardown(page.close);
  return page;
}
const json = async (page: PageUnderTest, path: string) => {
  const { status, body } = await page.ask(path);
  return { status, body: JSON.parse(body) };
};

test('a list has as many rows as were asked for, within bounds, and what is no number is the usual', async (t) => {
  const page = await open(t);
  page.store.addSpans(Array.from({ length: 230 }, () => makeRequest()));
  const rows = async (query: string) => (await json(page, `/api/traces?${query}`)).body.rows.length;
  t.deepEqual(
    await Promise.all(['limit=3', '', 'limit=0', 'limit=-1', 'limit=1.5', 'limit=x', 'limit=99999'].map(rows)),
    [3, 200, 200, 200, 200, 200, 230],
  );
});

test('a trace is one answer, or its frame and then its attributes; one that is not held is 404 either way', async (t) => {
  const page = await open(t);
  const entry = makeRequest({ name: 'kept' });
  page.store.addSpans([entry]);
  const { body } = await json(page, `/api/trace/${entry.traceId}`);
  t.is(body.spans[0].name, 'kept');
  const columns = await page.ask(`/api/trace/${entry.traceId}?as=columns`);
  const [frame, attributes, end] = columns.body.split('\n');
  t.is(JSON.parse(frame ?? '').names[0], 'kept');
  t.true(JSON.parse(attributes ?? '').texts.includes('/pay'));
  t.is(end, '');
  for (const path of ['f'.repeat(32), 'F'.repeat(32), 'short', '', '%2e%2e'])
    for (const as of ['', '?as=columns']) t.is((await page.ask(`/api/trace/${path}${as}`)).status, 404, path + as);
  t.is((await page.ask(`/api/trace/${entry.traceId}`, {}, { method: 'POST' })).status, 405);
});

test('a filter that cannot be read is 400 with its place; in a stream it is the first message', async (t) => {
  const page = await open(t);
  for (const list of ['traces', 'logs']) {
    const { status, body } = await json(page, `/api/${list}?q=level:loud`);
    t.is(status, 400);
    t.is(body.at, 6);
    t.true(body.what.length > 5 && body.fix.length > 5);
  }
  const [first, second] = await firstLines(page, '/api/stream?topic=traces&q=dur%3Ex', 2);
  t.is(first?.type, 'hello');
  t.like(second, { type: 'filter-refused', at: 4 });
});

/** So many messages of a stream. */
function firstLines(page: PageUnderTest, path: string, count: number): Promise<{ type: string }[]> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${page.token}` };
    const asked = request({ port: page.port, host: '127.0.0.1', path, headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
        const lines = text.split('\n').slice(0, -1);
        if (lines.length < count) return;
        asked.destroy();
        resolve(lines.slice(0, count).map((line) => JSON.parse(line)));
      });
      response.on('error', () => undefined);
    });
    asked.on('error', reject).end();
  });
}

for (const topic of ['now', 'traces', 'routes', 'errors', 'map', 'logs', 'metrics', 'supervisor', 'lints']) {
  test(`a view of ${topic} begins with whose session it is, then all of the view`, async (t) => {
    const page = await open(t);
    const lines = await firstLines(page, `/api/stream?topic=${topic}`, 2);
    t.deepEqual(
      lines.map(({ type }) => type),
      ['hello', topic],
    );
  });
}

test('what comes while a view is open is sent to it', async (t) => {
  const page = await open(t);
  const lines = firstLines(page, '/api/stream?topic=traces', 3);
  await firstLines(page, '/api/stream?topic=traces', 2);
  page.store.addSpans([makeRequest({ name: 'new' })]);
  const [, , third] = await lines;
  t.like(third, { type: 'traces', rows: [{ name: 'new' }] } as never);
});

test('a session is exported as lines or as a page; another format is refused with those that there are', async (t) => {
  const page = await open(t);
  page.store.addSpans([makeRequest({ name: 'kept</script>' })]);
  const html = await page.ask('/api/export?format=html');
  t.is(html.status, 200);
  t.is(html.headers['content-disposition'], 'attachment; filename="session.html"');
  const [, data = ''] = /<script type="application\/json" id="session">(.*?)<\/script>/s.exec(html.body) ?? [];
  t.is(JSON.parse(data).traces[0].name, 'kept</script>');
  t.is((await page.ask('/api/export')).headers['content-type'], 'application/x-ndjson; charset=utf-8');
  t.is((await page.ask('/api/export?format=pdf')).status, 400);
});

test('the page and its script are sent as they were built, to HEAD without a body, and with the policy of the document', async (t) => {
  const page = await open(t);
  const built = await readAsset('/assets/page.js');
  const script = await page.ask('/assets/page.js', { authorization: undefined, 'accept-encoding': 'identity' });
  t.is(script.status, 200);
  t.regex(String(script.headers['content-type']), /javascript/);
  t.true(gunzipSync(built!.gzipped).length > 10_000);
  const head = await page.ask('/', { authorization: undefined }, { method: 'HEAD' });
  t.deepEqual([head.status, head.body], [200, '']);
  t.regex(String(head.headers['content-security-policy']), /script-src 'self' 'sha256-/);
  t.is((await page.ask('/', {}, { method: 'PUT' })).status, 405);
  t.is((await page.ask('/assets/../package.json')).status, 404);
  t.is(await readAsset('/package.json'), undefined);
});

test('an import of another type is refused before it is read; what is no session says at which line', async (t) => {
  const page = await open(t);
  const send = (type: string, body: string) =>
    page.ask('/api/import', { 'content-type': type }, { method: 'POST', body });
  t.is((await send('text/plain', 'x')).status, 415);
  t.is((await send('application/jsonish', 'x')).status, 415);
  const bad = await send('application/json', '{"a":1}');
  t.is(bad.status, 400);
  t.regex(JSON.parse(bad.body).what, /^line 1: /);
  t.is((await send('application/x-ndjson; charset=utf-8', '')).status, 200);
  t.is((await page.ask('/api/import')).status, 405);
});

test('while a session is imported another one waits for its turn, and gets it when the first has broken off', async (t) => {
  const page = await open(t);
  const socket = connect(page.port, '127.0.0.1');
  const head = ['POST /api/import HTTP/1.1', `host: 127.0.0.1:${page.port}`, `authorization: Bearer ${page.token}`];
  socket.write(
    `${[...head, 'content-type: application/json', 'content-length: 99', 'expect: 100-continue'].join('\r\n')}\r\n\r\n{`,
  );
  await once(socket, 'data');
  const send = () => page.ask('/api/import', { 'content-type': 'application/json' }, { method: 'POST', body: '' });
  const busy = await send();
  t.is(busy.status, 503);
  t.regex(JSON.parse(busy.body).fix, /when that is done/);
  socket.destroy();
  for (;;) if ((await send()).status === 200) break;
  t.pass();
});

test('a page whose port is taken is at another one, and a page that has closed answers nobody', async (t) => {
  const first = await open(t);
  const { session } = makeSession();
  const second = await startPage(session, first.port);
  t.not(new URL(second.url).port, String(first.port));
  await second.close();
  await t.throwsAsync(fetch(second.url.replace(/#.*/, '')));
});
