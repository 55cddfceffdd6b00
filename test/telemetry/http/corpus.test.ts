import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { fixture } from '../../helpers/cluster.js';

interface Case {
  readonly raw: string;
  readonly way: 'tcp' | 'six' | 'unix';
}

interface Ids {
  readonly traceId: string;
  readonly spanId: string;
}

interface Found {
  readonly name: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly parent?: Ids & { readonly isRemote?: boolean };
  readonly context: Ids;
}

const NUMBER = 'http.request.header.x-case';

test('over 300 odd requests the spans of both instrumentations are the same', async (t) => {
  const { CASES, REQUESTS } = (await import(fixture('http-spans/cases.mjs'))) as { CASES: Case[]; REQUESTS: number };
  t.true(REQUESTS >= 300, `${REQUESTS} requests`);
  const upstream = await spansOf(t, 'upstream', CASES);
  const builtin = await spansOf(t, 'builtin', CASES);
  t.true(Object.keys(upstream).length >= 300, `${Object.keys(upstream).length} requests have spans`);
  t.deepEqual(Object.keys(builtin).sort(), Object.keys(upstream).sort());
  for (const [number, spans] of Object.entries(upstream)) t.deepEqual(builtin[number], spans, `request ${number}`);
  // With the provider that is our own, spans begin without attributes, which nobody reads there; they end with the same.
  const own = await spansOf(t, 'own', CASES);
  t.deepEqual(Object.keys(own).sort(), Object.keys(upstream).sort());
  for (const [number, spans] of Object.entries(upstream)) {
    t.deepEqual(own[number]?.map(withoutStart), spans.map(withoutStart), `request ${number}, own provider`);
  }
});

function withoutStart(span: object): object {
  return { ...span, atStart: undefined };
}

/** What each request has left, by its number: its own span and those of the app below it. */
async function spansOf(t: ExecutionContext, made: string, cases: readonly Case[]): Promise<Record<string, object[]>> {
  const dir = mkdtempSync(join(tmpdir(), 'kf-http-'));
  const server = fork(fixture('http-spans/server.mjs'), [made, join(dir, 's')]);
  server.once('exit', (code) => code !== null && t.fail(`the server ended with code ${code}`));
  t.teardown(() => {
    server.kill('SIGKILL');
    rmSync(dir, { recursive: true });
  });
  const [{ tcp, six }] = (await once(server, 'message')) as [{ tcp: number; six: number }];
  const places = {
    tcp: { port: tcp, host: '127.0.0.1' },
    six: { port: six, host: '::1' },
    unix: { path: join(dir, 's') },
  };
  let connection = 0;
  for (const { raw, way } of cases) {
    connection += 1;
    const answered = once(server, 'message');
    server.send({ connection, bytes: Buffer.byteLength(raw, 'latin1') });
    await ask(places[way], raw, answered);
  }
  const spans = await finished(server);
  const byNumber: Record<string, object[]> = {};
  for (const root of spans) {
    const number = root.attributes[NUMBER];
    if (number === undefined) continue;
    const below = spans.filter(({ parent }) => parent?.spanId === root.context.spanId);
    byNumber[String(number)] = [root, ...below].map(comparable);
  }
  // Those of the app that have no request's span above them.
  const ids = new Set(spans.map(({ context }) => context.spanId));
  byNumber.alone = spans
    .filter((span) => !span.attributes[NUMBER] && !ids.has(span.parent?.spanId ?? ''))
    .map(comparable);
  return byNumber;
}

async function finished(server: ChildProcess): Promise<Found[]> {
  const answer = once(server, 'message');
  server.send('spans');
  return (await answer)[0] as Found[];
}

/** Without what differs from run to run: ids, ports, times. An own parent is only that it is one. */
function comparable({ context, parent, attributes, ...rest }: Found): object {
  const { 'network.peer.port': port, ...others } = attributes;
  const remote = parent?.isRemote ? { parent, traceId: context.traceId } : { parent: parent !== undefined };
  const events = (rest as { events?: { attributes?: Record<string, unknown> }[] }).events?.map((event) => ({
    ...event,
    attributes: { ...event.attributes, 'exception.stacktrace': typeof event.attributes?.['exception.stacktrace'] },
  }));
  return { ...rest, events, attributes: others, order: Object.keys(others), hasPort: port !== undefined, ...remote };
}

/** Sends it, and leaves when all of it is read and what can be answered is: some requests never are. */
async function ask(place: { port: number; host: string } | { path: string }, raw: string, answered: Promise<unknown>) {
  const socket = connect(place as { path: string });
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.on('error', () => undefined); // its close says the rest
  socket.resume();
  socket.write(raw, 'latin1');
  await answered;
  socket.destroy();
  await closed;
}
