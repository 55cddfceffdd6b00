import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { FullStatus } from '../../src/contract/control-protocol.js';
import { fixture, type Running } from '../helpers/cluster.js';
import { type Session, session } from '../helpers/control.js';
import { get } from '../helpers/http.js';
import '../helpers/json-log.js';
import { onLinux } from '../helpers/linux.js';
import { onTerminal } from '../helpers/terminal.js';

const TALKS = ['start', fixture('faults/talks.cjs'), '-w', '1', '--no-telemetry', '--name', 'talks'];
/** Of 60 MB behind the first 20, in bytes. V8 lets the heap of those grow by up to 41 before it collects: that is no growth yet. */
const MOST_GROWTH = 40_000_000;

async function dropped({ run }: Session): Promise<number> {
  return (JSON.parse((await run('status', '--json')).stdout) as FullStatus).output.dropped.lines;
}

/** Resident bytes of a process. */
function memoryOf(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1_024;
}

/** Says 20 MB to stderr, and proves that the service answers meanwhile. */
async function talk(port: string): Promise<void> {
  for (let n = 0; n < 4; n++) await get(port, '/talk?lines=50000&to=stderr');
}

/** What nobody reads is dropped, however much it is: the primary's memory does not grow with it. */
async function growsNoMore(t: ExecutionContext, here: Session, cluster: Running, port: string): Promise<void> {
  await talk(port);
  while ((await dropped(here)) < 100_000);
  const before = memoryOf(cluster.pid);
  for (let n = 0; n < 3; n++) await talk(port);
  while ((await dropped(here)) < 600_000);
  const growth = memoryOf(cluster.pid) - before;
  t.true(growth < MOST_GROWTH, `${growth} bytes`);
}

async function stopsAll(t: { is(a: unknown, b: unknown): void }, cluster: Running): Promise<void> {
  cluster.kill('SIGTERM');
  t.is((await once(cluster.process, 'exit'))[0], 0);
}

test('nobody reads stderr: bounded memory, the service answers, drops are counted, and SIGTERM ends it', async (t) => {
  if (!onLinux(t, '/proc')) return;
  const here = session(t);
  const cluster = here.start(TALKS);
  const [, port = ''] = await cluster.line(/listening (\d+)/);
  await cluster.ready(1);
  cluster.process.stderr?.pause();
  await growsNoMore(t, here, cluster, port);
  await stopsAll(t, cluster);
});

test('a reader that comes back is told what is missing', async (t) => {
  const here = session(t);
  const cluster = here.start(TALKS);
  const [, port = ''] = await cluster.line(/listening (\d+)/);
  cluster.process.stderr?.pause();
  await talk(port);
  while ((await dropped(here)) < 100_000);
  cluster.process.stderr?.resume();
  const { lines } = await cluster.event('lines-missing', { level: 'warn' });
  t.true(Number(lines) >= 100_000);
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
});

test('a terminal that stands still blocks neither the primary nor its end', async (t) => {
  const here = session(t);
  const terminal = onTerminal(t, ['kf-cluster', ...TALKS], { env: here.env });
  if (!terminal) return;
  const { pid } = await terminal.event('starting');
  const [, port = ''] = await terminal.line(/listening (\d+)/);
  await terminal.ready(1);
  terminal.order('pause');
  await talk(port);
  while ((await dropped(here)) < 100_000);
  t.is((await here.run('stop')).code, 0);
  terminal.order('resume');
  t.is(await terminal.ended(), 0);
  t.true(Number(pid) > 0);
});

test('a logs -f client that does not read costs a bounded amount, and is told what it has missed', async (t) => {
  if (!onLinux(t, '/proc')) return;
  const here = session(t);
  const cluster = here.start(TALKS);
  const [, port = ''] = await cluster.line(/listening (\d+)/);
  await cluster.ready(1);
  const socketPath = join(here.runtimeDir, 'kf-cluster', 'talks.sock');
  const request = http.get({ socketPath, path: '/v1/logs?follow=true' });
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  await growsNoMore(t, here, cluster, port);
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) {
    text = (text + chunk).slice(-10_000);
    if (/lines are missing here: this reader was too slow/.test(text)) break;
  }
  t.regex(text, /"stream":"log","text":"\[kf-cluster\] warn: \d+ lines are missing here/);
  await stopsAll(t, cluster);
});
