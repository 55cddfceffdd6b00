import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import test from 'ava';
import { freshId, makeRequest, openPage } from '../../helpers/page.js';

test('a name that was made to lead here is refused, and so is a port that is not ours', async (t) => {
  const page = await openPage();
  t.teardown(page.close);
  const good = [`127.0.0.1:${page.port}`, `localhost:${page.port}`, `LOCALHOST:${page.port}`];
  for (const host of good) t.is((await page.ask('/api/traces', { host })).status, 200, host);
  const bad = [
    'evil.example',
    `evil.example:${page.port}`,
    '127.0.0.1',
    'localhost',
    `127.0.0.1.evil.example:${page.port}`,
  ];
  for (const host of [...bad, `[::1]:${page.port}`, '127.0.0.1:1', `x@127.0.0.1:${page.port}`, '0.0.0.0']) {
    for (const path of ['/api/traces', '/', '/assets/page.js', '/nothing']) {
      t.is((await page.ask(path, { host })).status, 421, `${host} ${path}`);
    }
  }
});

test('another origin and another site get nothing, whatever they know', async (t) => {
  const page = await openPage();
  t.teardown(page.close);
  const own = `http://127.0.0.1:${page.port}`;
  t.is((await page.ask('/api/traces', { origin: own, 'sec-fetch-site': 'same-origin' })).status, 200);
  t.is((await page.ask('/', { 'sec-fetch-site': 'none' })).status === 403, false);
  for (const origin of [
    'http://evil.example',
    'null',
    `https://127.0.0.1:${page.port}`,
    'http://127.0.0.1:1',
    `${own}.evil.example`,
    '',
  ]) {
    const answer = await page.ask('/api/stream?topic=now', { origin });
    t.is(answer.status, 403, origin);
    t.is(answer.headers['access-control-allow-origin'], undefined);
  }
  for (const site of ['cross-site', 'same-site']) {
    for (const path of ['/', '/api/traces', '/api/stream?topic=now', '/api/export']) {
      t.is((await page.ask(path, { 'sec-fetch-site': site })).status, 403, `${site} ${path}`);
    }
  }
});

test('a form, a preflight and a session that a foreign page sends are refused before they are read', async (t) => {
  const page = await openPage();
  t.teardown(page.close);
  const body = '{"resourceSpans":[]}';
  const form = { 'content-type': 'text/plain', authorization: undefined };
  t.is(
    (await page.ask('/api/import', { ...form, origin: 'http://evil.example' }, { method: 'POST', body })).status,
    403,
  );
  t.is((await page.ask('/api/import', form, { method: 'POST', body })).status, 401);
  t.is((await page.ask('/api/import', { 'content-type': 'text/plain' }, { method: 'POST', body })).status, 415);
  const preflight = { origin: 'http://evil.example', 'access-control-request-method': 'POST' };
  t.is((await page.ask('/api/import', preflight, { method: 'OPTIONS' })).status, 403);
  const own = await page.ask('/api/import', { origin: `http://127.0.0.1:${page.port}` }, { method: 'OPTIONS' });
  t.is(own.status, 405);
  t.is(own.headers.allow, 'POST');
});

test('without the token of this run there is no data, with a body in words and the strict headers', async (t) => {
  const page = await openPage();
  t.teardown(page.close);
  page.store.addSpans([makeRequest({ name: 'secret' })]);
  const wrong = [
    undefined,
    '',
    'Bearer',
    `Bearer ${page.token}x`,
    `Bearer ${page.token.slice(1)}`,
    `Basic ${page.token}`,
    page.token,
  ];
  const paths = [
    '/api/traces',
    '/api/logs',
    '/api/stream?topic=traces',
    '/api/export',
    `/api/trace/${'0'.repeat(32)}`,
    '/api/x',
  ];
  for (const authorization of wrong) {
    for (const path of paths) {
      const answer = await page.ask(path, { authorization });
      t.is(answer.status, 401, `${authorization} ${path}`);
      t.notRegex(answer.body, /secret/);
    }
  }
  t.is((await page.ask(`/api/traces?token=${page.token}`, { authorization: undefined })).status, 401);
  const { headers, body } = await page.ask('/api/traces', { authorization: undefined });
  t.deepEqual(Object.keys(JSON.parse(body)), ['what', 'fix']);
  const csp = String(headers['content-security-policy']);
  for (const part of [
    "default-src 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
    "frame-ancestors 'none'",
  ]) {
    t.true(csp.includes(part), csp);
  }
  t.notRegex(csp, /unsafe|\*/);
  t.is(headers['x-content-type-options'], 'nosniff');
  t.is(headers['cross-origin-resource-policy'], 'same-origin');
  t.is(headers['referrer-policy'], 'no-referrer');
  t.not(await openPageToken(t), page.token);
});

test('the document allows what stands in it by its hash, and loads nothing that holds its first paint up', async (t) => {
  const page = await openPage();
  t.teardown(page.close);
  const document = await page.ask('/', { authorization: undefined });
  if (document.status === 404) return void t.regex(document.body, /has no page/); // a build without a page
  const csp = String(document.headers['content-security-policy']);
  t.notRegex(csp, /unsafe|\*/);
  for (const name of ['script', 'style']) {
    const [, text = ''] = new RegExp(`<${name}>(.*?)</${name}>`, 's').exec(document.body) ?? [];
    t.true(text.length > 0, name);
    t.true(csp.includes(`'sha256-${createHash('sha256').update(text).digest('base64')}'`), name);
  }
  t.true(csp.includes("require-trusted-types-for 'script'; trusted-types 'none'"));
  t.notRegex(document.body, /<script [^>]*src=|rel="stylesheet"/);
  t.regex(document.body, /<nav [^>]*>.*Supervisor.*<\/nav>/);
  const script = await page.ask('/assets/page.js', { authorization: undefined, 'accept-encoding': 'br, gzip' });
  t.is(script.headers['content-encoding'], 'gzip');
  const plain = await page.ask('/assets/page.js', { authorization: undefined });
  t.is(plain.headers['content-encoding'], undefined);
  t.true(plain.body.length > 2 * Number(script.headers['content-length']));
});

async function openPageToken(t: { teardown(run: () => Promise<void>): void }): Promise<string> {
  const other = await openPage();
  t.teardown(other.close);
  return other.token;
}

test('markup in names, keys, values, events and logs comes back as data, and ends no element of an exported page', async (t) => {
  const page = await openPage();
  t.teardown(page.close);
  const evil = '</script><script>alert(1)</script><img src=x onerror=alert(1)>\u2028"\'`';
  const span = makeRequest({
    name: evil,
    attributes: {
      [evil]: evil,
      'http.request.method': evil,
      'http.route': evil,
      ['__proto__']: evil,
      constructor: evil,
    },
    events: [{ name: evil, timeNs: 1n, attributes: { [evil]: evil }, droppedAttributes: 0 }],
    status: { code: 'error', message: evil },
  });
  page.store.addSpans([span]);
  page.store.addLogs([
    {
      ...{
        timeNs: 1n,
        severity: 9,
        severityText: evil,
        body: evil,
        attributes: { [evil]: evil },
        flags: 0,
        eventName: '',
      },
      traceId: span.traceId,
      spanId: span.spanId,
      resource: span.resource,
      scope: span.scope,
    },
  ]);
  const detail = await page.ask(`/api/trace/${span.traceId}`);
  t.is(detail.headers['content-type'], 'application/json; charset=utf-8');
  const { spans, logs } = JSON.parse(detail.body);
  t.is(spans[0].name, evil);
  t.deepEqual(
    spans[0].attributes.find(([key]: [string]) => key === evil),
    [evil, evil, 'string'],
  );
  t.is(spans[0].events[0].attributes[0][1], evil);
  t.is(logs[0].body, evil);
  for (const topic of ['traces', 'routes', 'errors', 'logs', 'lints', 'map', 'now']) {
    t.notThrows(() => page.session.feed(topic as 'traces', '').next(), topic);
  }
  const exported = await page.ask('/api/export?format=html');
  if (exported.status === 200) t.is(exported.body.split('alert(1)</script').length, 1);
  else t.is(exported.status, 404); // a build without a page
});

test('what is oversized is refused or cut: filters, addresses, headers, names, values, lists', async (t) => {
  const page = await openPage();
  t.teardown(page.close);
  t.is((await page.ask(`/api/traces?q=${'x'.repeat(5_000)}`)).status, 414);
  t.is((await page.ask(`/api/traces?q=${'x'.repeat(1_001)}`)).status, 400);
  t.is((await page.ask(`/api/traces?q=${'a+'.repeat(30)}`)).status, 400);
  t.is((await page.ask('/api/traces', { cookie: 'x'.repeat(20_000) })).status, 431);
  for (const limit of ['1e9', '-1', 'NaN', '']) t.is((await page.ask(`/api/traces?limit=${limit}`)).status, 200, limit);
  const many = Object.fromEntries(Array.from({ length: 5_000 }, (_, at) => [`key${at}`, 'v'.repeat(1_000)]));
  const span = makeRequest({ name: 'n'.repeat(1 << 20), attributes: { ...many, long: 'x'.repeat(1 << 20) } });
  page.store.addSpans([span]);
  const { body } = await page.ask(`/api/trace/${span.traceId}`);
  t.true(body.length < 600_000, `${body.length}`);
  const [shown] = JSON.parse(body).spans;
  t.regex(shown.name, /… \(1048576 characters\)$/);
  t.is(shown.attributes.at(-1)[0], 'kf.attributes_left_out');
});

test('paths, methods and topics that are none are refused with the way to ask', async (t) => {
  const page = await openPage();
  t.teardown(page.close);
  const cases = [
    ['GET', '/api/stream?topic=constructor', 400],
    ['GET', '/api/export?format=xml', 400],
    ['GET', '/api/trace/../../etc/passwd', 404],
    ['GET', `/api/trace/${'G'.repeat(32)}`, 404],
    ['GET', '/assets/../../../package.json', 404],
    ['GET', '/assets/%2e%2e/index.html', 404],
    ['DELETE', '/api/traces', 405],
    ['POST', '/', 405],
    ['GET', 'http://evil.example/api/traces', 400],
    ['GET', '//evil.example/api/traces', 400],
  ] as const;
  for (const [method, path, status] of cases) {
    const answer = await page.ask(path, {}, { method });
    t.is(answer.status, status, `${method} ${path}`);
    t.true(JSON.parse(answer.body).fix.length > 0);
  }
});

test('a session with a line that is too long, or is none, is refused; what stands before it is kept', async (t) => {
  const page = await openPage();
  t.teardown(page.close);
  const span = { traceId: freshId(16), spanId: freshId(8), name: 'first' };
  const good = `{"resourceSpans":[{"scopeSpans":[{"spans":[${JSON.stringify(span)}]}]}]}\n`;
  const send = (body: string) =>
    page.ask('/api/import', { 'content-type': 'application/x-ndjson' }, { method: 'POST', body });
  t.is((await send(`${good}{"resourceSpans":[${'{},'.repeat(600_000)}{}]}\n`)).status, 413);
  t.is((await send(`${good}${'x'.repeat(17 << 20)}`)).status, 400);
  const bad = await send('{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"x"}]}]}]}\n');
  t.is(bad.status, 400);
  t.regex(JSON.parse(bad.body).what, /^line 1: traceId must be 16 bytes$/);
  t.is((await send('nothing of it\n')).status, 400);
  t.is(page.store.held.spans, 1);
  t.deepEqual(JSON.parse((await send(good.replace(span.spanId, freshId(8)))).body), { spans: 1, logs: 0, metrics: 0 });
});

test('a reader that does not read gets less, and holds nothing up', async (t) => {
  const page = await openPage();
  t.teardown(page.close);
  const socket = connect(page.port, '127.0.0.1');
  t.teardown(() => socket.destroy());
  await once(socket, 'connect');
  socket.pause();
  const host = `127.0.0.1:${page.port}`;
  socket.write(`GET /api/stream?topic=traces HTTP/1.1\r\nhost: ${host}\r\nauthorization: Bearer ${page.token}\r\n\r\n`);
  const before = process.memoryUsage().external;
  for (let round = 0; round < 20; round++) {
    page.store.addSpans(Array.from({ length: 200 }, () => makeRequest({ name: 'n'.repeat(1_000) })));
    // Another reader is answered meanwhile, and a turn of the slow one's stream passes with it.
    t.is((await page.ask('/api/traces?limit=1')).status, 200);
  }
  t.true(process.memoryUsage().external - before < 64 << 20);
});

test('more views than tabs have are refused', async (t) => {
  const page = await openPage();
  t.teardown(page.close);
  const head = `host: 127.0.0.1:${page.port}\r\nauthorization: Bearer ${page.token}\r\n\r\n`;
  for (let view = 0; view < 32; view++) {
    const socket = connect(page.port, '127.0.0.1');
    t.teardown(() => socket.destroy());
    socket.write(`GET /api/stream?topic=now HTTP/1.1\r\n${head}`);
    await once(socket, 'data');
  }
  t.is((await page.ask('/api/stream?topic=now')).status, 503);
});
