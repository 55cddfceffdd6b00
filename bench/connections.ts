import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { readFlags, say } from './lib/flags.js';
import { createLoad } from './lib/load.js';
import { freePort } from './lib/net.js';
import { contenders } from './lib/peers.js';
import { Report } from './lib/report.js';

// A reload of two workers that hold many idle keep-alive connections, beside a client that goes on asking.
// Flags: --rounds 3 --connections 10000 --rate 200 --contenders kf-cluster --json
// Needs as many descriptors as connections (ulimit -n).

const flags = readFlags({ rounds: 3, contenders: ['kf-cluster'] }, { connections: 10_000, rate: 200 });
const REQUEST = 'GET / HTTP/1.1\r\nhost: bench\r\n\r\n';
/** How many are opened at a time: the kernel's queue of a listening socket is short. */
const BATCH = 100;
const report = new Report('connections: a reload with many of them idle');
const load = createLoad();
process.env.BENCH_KEEP_ALIVE_MS = '600000';

for (const contender of contenders(flags.contenders)) {
  for (let round = 0; round < flags.rounds; round++) {
    say(`round ${round + 1} of ${flags.rounds}: ${contender.name}`);
    const port = await freePort();
    const setting = { port, workers: flags.workers, tracing: false, careful: false, handlerMs: 0, endpoint: '' };
    const started = await contender.start({ ...setting, protocol: 'http' });
    await started.allListening();
    const sockets = await open(port, flags.number('connections'));
    let closed = 0;
    for (const socket of sockets) socket.once('close', () => (closed += 1));
    const rate = flags.number('rate');
    await load.start([{ port, kind: 'keep-alive', rate, connections: 20, hangMs: 5_000 }], 'steady');
    await delay(3_000);
    await load.phase('reload');
    const begun = performance.now();
    await started.reload?.();
    const took = performance.now() - begun;
    await load.phase('after');
    const result = (await load.stop())['keep-alive']!;
    const answered = await askAll(sockets);
    report.add(contender.name, 'reload', 'ms', took);
    report.add(contender.name, 'idle connections closed', '', closed);
    report.add(contender.name, 'idle connections that answer afterwards', '', answered);
    report.add(contender.name, 'p99 in reload / steady', 'x', result.reload!.p99 / result.steady!.p99);
    report.add(contender.name, 'p50 in reload / steady', 'x', result.reload!.p50 / result.steady!.p50);
    for (const socket of sockets) socket.destroy();
    await started.stop();
  }
  bars(contender.name);
}
load.close();
report.finish(flags.json);

function bars(name: string): void {
  const figure = (text: string) => report.values(name, text);
  report.bar({ name: `${name}: reload in ms`, values: figure('reload'), op: '<=', limit: 5_000 });
  const closed = figure('idle connections closed');
  report.bar({ name: `${name}: idle connections closed`, values: closed, op: '<=', limit: 0, judge: 'worst' });
  const answer = figure('idle connections that answer afterwards');
  const limit = flags.number('connections');
  report.bar({ name: `${name}: connections that answer`, values: answer, op: '>=', limit, judge: 'worst' });
}

/** Connections on which one request was answered. */
async function open(port: number, count: number): Promise<Socket[]> {
  const sockets: Socket[] = [];
  while (sockets.length < count) {
    const batch = Array.from({ length: Math.min(BATCH, count - sockets.length) }, () =>
      connect({ port, host: '127.0.0.1' }),
    );
    await Promise.all(batch.map(ask));
    sockets.push(...batch);
  }
  return sockets;
}

async function askAll(sockets: readonly Socket[]): Promise<number> {
  let answered = 0;
  for (let at = 0; at < sockets.length; at += BATCH) {
    const answers = await Promise.all(sockets.slice(at, at + BATCH).map(ask));
    answered += answers.filter(Boolean).length;
  }
  return answered;
}

/** Whether a request on it is answered with 200. */
async function ask(socket: Socket): Promise<boolean> {
  if (socket.destroyed) return false;
  socket.write(REQUEST);
  const ended = once(socket, 'close').then(() => '');
  const text = await Promise.race([once(socket, 'data').then(([chunk]) => `${chunk}`), ended]).catch(() => '');
  return text.startsWith('HTTP/1.1 200');
}
