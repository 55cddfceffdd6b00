import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { HelperMessage, HelperOptions } from '../src/dev/helper-messages.js';
import type { TraceList } from '../src/dev/page-api.js';
import { readFlags, say } from './lib/flags.js';
import { firstOk, freePort } from './lib/net.js';
import { cpuOf, memoryOf } from './lib/proc.js';
import { Report } from './lib/report.js';
import { makeSpanBatch, type SpanBatch } from './lib/span-batch.js';

// The receiver process of `kf-cluster dev` behind its page: memory with 100,000 spans, searches in them, a trace of 10,000
// spans, a steady rate without a drop, what the page adds to its start, and what `dev` adds to that of `start`. What the browser
// does: page-browser.ts.
// Flags: --parts start,boot,held,rate --rounds 5 --seconds 60 --rate 20000 --spans 100000 --json

const BOOTS = {
  start: ['start'],
  'dev --no-page': ['dev', '--no-page'],
  dev: ['dev', '--page-port', '0'],
} as const;
type Boot = keyof typeof BOOTS;

const flags = readFlags(
  { rounds: 5, contenders: ['page'] },
  { seconds: 60, rate: 20_000, spans: 100_000 },
  { parts: 'start,boot,held,rate' },
);
const BIN = fileURLToPath(new URL('../bundle/bin.cjs', import.meta.url));
const APP = fileURLToPath(new URL('../../bench/apps/app.cjs', import.meta.url));
const parts = flags.text('parts').split(',');
const report = new Report('page: the receiver process of dev');
const script = fileURLToPath(new URL('../bundle/receiver.js', import.meta.url));
const FILTERS = [
  'route:/route/7',
  'error',
  'dur>1.2ms worker:2',
  'user=4711',
  'url.query=user=42',
  'status:5xx -route:3',
];
const BATCH = 500;
const WORKERS = 4;
/** On a connection that stays: what the sender costs is the receiver's loss, on the same cores. */
const agent = new Agent({ keepAlive: true, maxSockets: 8 });

for (let round = 0; parts.includes('start') && round < flags.rounds; round++) {
  say(`round ${round + 1} of ${flags.rounds}: start`);
  // What a first one finds cold is no difference between the two.
  const orders = round % 2 === 0 ? [{}, pageOptions()] : [pageOptions(), {}];
  const times = new Map<boolean, number>();
  for (const options of orders) times.set('page' in options, await startTime(options));
  report.add('page', 'more to start with the page', 'ms', (times.get(true) ?? 0) - (times.get(false) ?? 0));
}
if (parts.includes('boot')) await measureBoot();
if (parts.includes('held')) await measureHeld();
if (parts.includes('rate')) await measureRate();
report.bar({
  name: 'start, more with the page, ms',
  values: report.values('page', 'more to start with the page'),
  op: '<=',
  limit: 50,
});
report.finish(flags.json);

function pageOptions(): HelperOptions {
  return { page: { port: 0, app: 'bench', version: '', listenOnly: true } };
}

async function start(options: HelperOptions) {
  const helper = fork(script, [JSON.stringify(options)], {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const listening = await next(helper, 'listening');
  const { origin, hash } = new URL(listening.pageUrl ?? 'http://none/');
  const headers = { authorization: `Bearer ${hash.slice(1)}` };
  return {
    helper,
    ask: async (path: string) => (await fetch(origin + path, { headers })).text(),
    send: (body: Buffer) => post(`${listening.httpUrl}/v1/traces`, body),
    finish: async () => {
      const summary = next(helper, 'summary');
      const exit = once(helper, 'exit');
      helper.send({ type: 'finish' });
      const { counts } = await summary;
      await exit;
      return counts;
    },
  };
}

/** On a connection that stays. @returns whether it was taken */
async function post(url: string, body: Buffer): Promise<boolean> {
  const headers = { 'content-type': 'application/x-protobuf', 'content-length': body.length };
  const sent = request(url, { method: 'POST', agent, headers }).end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  response.resume();
  await once(response, 'end');
  return response.statusCode === 200;
}

async function next<T extends HelperMessage['type']>(helper: ChildProcess, type: T) {
  const [message] = (await once(helper, 'message')) as [HelperMessage];
  if (message.type !== type) throw new TypeError(`expected ${type}, got ${message.type}`);
  return message as Extract<HelperMessage, { type: T }>;
}

async function startTime(options: HelperOptions): Promise<number> {
  const began = performance.now();
  const started = await start(options);
  const took = performance.now() - began;
  await started.finish();
  return took;
}

/** From the command to the first answer of the app; the two take turns, and each is first as often as the other. */
/** Until the app's first answer: what the page adds to `dev`, and what `dev` is beside `start`, with a receiver, metrics and logs. */
async function measureBoot(): Promise<void> {
  const orders: readonly Boot[] = ['start', 'dev --no-page', 'dev'];
  for (let round = 0; round < flags.rounds; round++) {
    say(`round ${round + 1} of ${flags.rounds}: boot`);
    const times: Record<Boot, number> = { start: 0, 'dev --no-page': 0, dev: 0 };
    for (const boot of round % 2 === 0 ? orders : orders.toReversed()) {
      times[boot] = await bootTime(BOOTS[boot]);
      report.add('page', `first answer, ${boot}`, 'ms', times[boot]);
    }
    report.add('page', 'first answer, page - no page', 'ms', times.dev - times['dev --no-page']);
  }
  const values = report.values('page', 'first answer, page - no page');
  report.bar({ name: 'first answer, page - no page, ms', values, op: '<=', limit: 50 });
}

async function bootTime([command, ...more]: readonly string[]): Promise<number> {
  const port = await freePort();
  const args = [BIN, command ?? '', APP, '-w', '4', '--name', `bench-${port}`, ...more];
  const began = performance.now();
  const app = spawn(process.execPath, args, { stdio: 'ignore', env: { ...process.env, PORT: String(port) } });
  await firstOk(port);
  const took = performance.now() - began;
  app.kill('SIGTERM');
  await once(app, 'exit');
  return took;
}

async function measureHeld(): Promise<void> {
  say('memory and searches');
  const started = await start(pageOptions());
  const { pid = 0 } = started.helper;
  const rss = () => memoryOf(pid).rss / 1_024;
  await delay(1_000);
  const idle = rss();
  const batches = [0, 1, 2, 3].map((slot) => makeSpanBatch({ slot, spans: BATCH, perTrace: 4 }));
  for (let sent = 0, at = 0; sent < flags.number('spans'); sent += BATCH, at++) {
    await started.send(batches[at % batches.length]!.next());
  }
  await delay(3_000);
  report.add('page', 'more memory with all spans', 'MB', rss() - idle);
  for (const filter of FILTERS) {
    for (let round = 0; round < flags.rounds; round++) {
      const list = JSON.parse(await started.ask(`/api/traces?q=${encodeURIComponent(filter)}`)) as TraceList;
      report.add('page', `search ${filter}`, 'ms', list.tookMs);
    }
  }
  const large = makeSpanBatch({ slot: 4, spans: 10_000, perTrace: 10_000 });
  await started.send(large.next());
  const [row] = (JSON.parse(await started.ask('/api/traces?limit=1')) as TraceList).rows;
  for (let round = 0; round < flags.rounds; round++) {
    const began = performance.now();
    await started.ask(`/api/trace/${row?.traceId}?as=columns`);
    report.add('page', 'a trace of 10,000 spans', 'ms', performance.now() - began);
  }
  await started.finish();
  report.bar({
    name: 'memory over idle, MB',
    values: report.values('page', 'more memory with all spans'),
    op: '<=',
    limit: 150,
  });
  for (const filter of FILTERS) {
    report.bar({
      name: `search ${filter}, ms`,
      values: report.values('page', `search ${filter}`),
      op: '<=',
      limit: 100,
    });
  }
  report.bar({
    name: 'a trace of 10,000 spans, ms',
    values: report.values('page', 'a trace of 10,000 spans'),
    op: '<=',
    limit: 200,
  });
}

async function measureRate(): Promise<void> {
  const started = await start(pageOptions());
  const [rate, seconds] = [flags.number('rate'), flags.number('seconds')];
  say(`${rate} spans a second for ${seconds} s`);
  const batches = Array.from({ length: WORKERS }, (_, slot) => makeSpanBatch({ slot, spans: BATCH, perTrace: 4 }));
  const began = performance.now();
  let refused = 0;
  let sent = 0;
  // As four workers do: each has one request under way, and none waits for another one's answer.
  const worker = async (batch: SpanBatch, slot: number) => {
    for (let own = 0; own < (rate * seconds) / WORKERS; own += BATCH) {
      const due = began + ((own + (slot * BATCH) / WORKERS) / (rate / WORKERS)) * 1_000;
      if (due > performance.now()) await delay(due - performance.now());
      if (!(await started.send(batch.next()))) refused += BATCH;
      sent += BATCH;
    }
  };
  await Promise.all(batches.map(worker));
  const took = (performance.now() - began) / 1_000;
  const cpu = cpuOf([started.helper.pid ?? 0]);
  const { received } = await started.finish();
  report.add('page', 'processor time a span', 'us', (cpu * 1e3) / sent);
  report.add('page', 'spans a second', '1/s', received / took);
  report.add('page', 'spans dropped', '', sent - received + refused);
  report.bar({ name: 'spans a second', values: report.values('page', 'spans a second'), op: '>=', limit: rate * 0.99 });
  report.bar({
    name: 'spans dropped',
    values: report.values('page', 'spans dropped'),
    op: '<=',
    limit: 0,
    judge: 'worst',
  });
}
