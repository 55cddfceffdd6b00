import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import test, { type ExecutionContext } from 'ava';
import { createLog } from '../../../src/contract/log.js';
import { explainTrace } from '../../../src/dev/mcp/explain-trace.js';
import { publishPage } from '../../../src/dev/page-place.js';
import { record } from '../../../src/dev/session/record-session.js';
import { kf } from '../../helpers/cli.js';
import { watch } from '../../helpers/cluster.js';
import { makeRequest, makeSession, openPage } from '../../helpers/page.js';
import { exception } from '../../helpers/span.js';

const bin = fileURLToPath(new URL('../../../bundle/bin.cjs', import.meta.url));
const silent = createLog({ format: 'pretty', level: 'silent', sink: () => undefined, label: '' });

function tempDir(t: ExecutionContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'kf-mcp-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  return dir;
}

/** The built command as an assistant starts it. */
async function assistant(t: ExecutionContext, args: readonly string[], runtime: string) {
  const env = { PATH: process.env.PATH ?? '', XDG_RUNTIME_DIR: runtime };
  const client = new Client({ name: 'test', version: '1' });
  await client.connect(new StdioClientTransport({ command: process.execPath, args: [bin, 'mcp', ...args], env }));
  t.teardown(() => client.close());
  const call = async (name: string, given: Record<string, unknown> = {}) => {
    const { content, isError } = await client.callTool({ name, arguments: given });
    return { text: (content as { text: string }[])[0]?.text ?? '', isError: isError === true };
  };
  return { client, call };
}

test('an assistant asks a run of dev: tools that only read, traces by filter, errors, a trace in words', async (t) => {
  const page = await openPage();
  t.teardown(page.close);
  const failed = makeRequest({
    http: 500,
    events: [exception('RangeError', 'no dice')],
    status: { code: 'error', message: '' },
  });
  page.store.addSpans([failed, makeRequest({ route: '/cart' })]);
  const runtime = tempDir(t);
  const url = `http://127.0.0.1:${page.port}/#${page.token}`;
  const place = { pid: process.pid, app: 'shop', url, startedAt: 1 };
  t.teardown(publishPage(place, silent, { XDG_RUNTIME_DIR: runtime }));
  const { client, call } = await assistant(t, [], runtime);
  const { tools } = await client.listTools();
  t.true(tools.length >= 5);
  for (const { annotations } of tools) t.true(annotations?.readOnlyHint);
  const { rows } = JSON.parse((await call('traces', { filter: 'error', limit: 5 })).text);
  t.deepEqual(
    rows.map(({ route }: { route: string }) => route),
    ['/pay'],
  );
  t.is(JSON.parse((await call('errors')).text)[0].type, 'RangeError');
  t.is(JSON.parse((await call('routes')).text).length, 2);
  t.is(JSON.parse((await call('trace', { traceId: failed.traceId })).text).spans.length, 1);
  const explained = await call('explain_trace', { traceId: failed.traceId });
  t.regex(explained.text, /What failed:\n- GET \/pay of shop: RangeError: no dice/);
  for (const [name, given] of [
    ['traces', { filter: 'foo:1' }],
    ['trace', { traceId: '../../x' }],
    ['explain_trace', { traceId: 'f'.repeat(32) }],
    ['reload', {}],
  ] as const) {
    const answer = await call(name, given);
    t.true(answer.isError, name);
    t.true(answer.text.length > 0);
  }
  await page.close();
  t.regex((await call('routes')).text, /the run of dev has just ended/);
});

test('what is asked in a pipe is answered, though the pipe ends with the question', async (t) => {
  const page = await openPage();
  t.teardown(page.close);
  page.store.addSpans([makeRequest({ route: '/cart' })]);
  const runtime = tempDir(t);
  const place = { pid: process.pid, app: 'shop', url: `http://127.0.0.1:${page.port}/#${page.token}`, startedAt: 1 };
  t.teardown(publishPage(place, silent, { XDG_RUNTIME_DIR: runtime }));
  const params = { protocolVersion: '2025-03-26', capabilities: {}, clientInfo: { name: 'test', version: '1' } };
  const asked = [
    { jsonrpc: '2.0', id: 1, method: 'initialize', params },
    { jsonrpc: '2.0', id: 2, method: 'tools/call', params: { name: 'routes', arguments: {} } },
    { jsonrpc: '2.0', id: 3, method: 'tools/call', params: { name: 'traces', arguments: {} } },
  ];
  const mcp = watch(t, process.execPath, [bin, 'mcp'], { env: { XDG_RUNTIME_DIR: runtime }, stdin: true });
  mcp.process.stdin?.end(asked.map((one) => `${JSON.stringify(one)}\n`).join(''));
  t.is((await mcp.exit).code, 0, mcp.stderr());
  const ids = mcp.lines.map((line) => JSON.parse(line).id);
  t.deepEqual(ids.sort(), [1, 2, 3]);
  t.regex(mcp.stdout(), /\/cart/);
});

test('an assistant asks a recorded session; without one and without a run it is said in the answer', async (t) => {
  const dir = tempDir(t);
  const { store, session } = makeSession();
  store.addSpans([makeRequest({ route: '/recorded' })]);
  const file = join(dir, 'session.jsonl');
  await record(file, session);
  const recorded = await assistant(t, [file], dir);
  t.is(JSON.parse((await recorded.call('traces')).text).rows[0].route, '/recorded');
  t.regex((await recorded.call('traces', { filter: 'dur>x' })).text, /this is no duration/);
  const none = await assistant(t, ['--app', 'other'], dir);
  const answer = await none.call('routes');
  t.true(answer.isError);
  t.regex(answer.text, /no kf-cluster dev of other with a page runs.*kf-cluster dev app\.js/);
});

test('a file that is no session ends the command with what is wrong', async (t) => {
  const dir = tempDir(t);
  const { code, stderr, stdout } = await kf(['mcp', bin], dir);
  t.is(code, 2);
  t.regex(stderr, /error BAD_FLAG: .*bin\.cjs is no session\n {2}why: line 1: /);
  t.is(stdout, '');
  const none = await kf(['mcp', 'none.jsonl'], dir);
  t.is(none.code, 1);
  t.regex(none.stderr, /none\.jsonl cannot be read\n {2}why: ENOENT.*\n {2}fix: Name a file/);
});

test('a trace in words: self time, repeats, missing parents', (t) => {
  const { store, session } = makeSession();
  const entry = makeRequest({ startNs: 0n, endNs: 100_000_000n, parentSpanId: 'ffffffffffffffff' });
  const query = (at: number) =>
    makeRequest({
      ...{ traceId: entry.traceId, parentSpanId: entry.spanId, kind: 'client', name: 'SELECT' },
      startNs: BigInt(at) * 10_000_000n,
      endNs: BigInt(at) * 10_000_000n + 8_000_000n,
    });
  store.addSpans([entry, ...Array.from({ length: 6 }, (_, at) => query(at))]);
  const text = explainTrace(session.trace(entry.traceId)!);
  t.regex(text, /GET \/pay \(server, shop\): 52\.0 ms of its own, 52% of the trace/);
  t.regex(text, /SELECT: 6 times one after the other, 48\.0 ms together/);
  t.regex(text, /Parents that are missing:\n- ffffffffffffffff: /);
});
