import { setTimeout as delay } from 'node:timers/promises';
import type { Contender, Protocol, Setting, Started } from './lib/contender.js';
import { readFlags, say } from './lib/flags.js';
import { createLoad, failuresOf, type LoadOptions, type LoadResult } from './lib/load.js';
import { freePort } from './lib/net.js';
import { contenders } from './lib/peers.js';
import { startReceiver } from './lib/receiver.js';
import { Report } from './lib/report.js';

// Rolling reloads under load, of an app that does nothing at the signal and of one that drains by hand.
// Flags: --rounds 2 --reloads 5 --rate 400 --burst 0 --handler-ms 50 --gap-ms 400 --reload-bound-ms 15000
//        --tracing 1 --protocol http|https|h2 --apps careless,careful --workers 2 --contenders a,b --json
// --rate is shared by a keep-alive client and one with a new connection for each request. --burst N adds, in place of
// the latter, N new connections at a time, as fast as they come.

const flags = readFlags(
  { rounds: 2, contenders: ['cluster', 'throng', 'pm2', 'kf-cluster'] },
  { reloads: 5, rate: 400, burst: 0, 'handler-ms': 50, 'gap-ms': 400, 'reload-bound-ms': 15_000, tracing: 1 },
  { protocol: 'http', apps: 'careless,careful' },
);
const protocol = flags.text('protocol') as Protocol;
const APPS = flags
  .text('apps')
  .split(',')
  .map((app) => app === 'careful');
const report = new Report('reload: requests while workers are replaced');
const receiver = await startReceiver();
const load = createLoad();
const entrants = contenders(flags.contenders);

for (let round = 0; round < flags.rounds; round++) {
  for (const careful of APPS)
    for (const contender of entrants) {
      say(`round ${round + 1} of ${flags.rounds}: ${contender.name}, ${careful ? 'careful' : 'careless'} app`);
      await measure(contender, careful);
    }
}
for (const { name } of entrants.filter((entrant) => entrant.name.startsWith('kf-cluster'))) bars(name);
load.close();
receiver.close();
report.finish(flags.json);

async function measure(contender: Contender, careful: boolean): Promise<void> {
  const setting: Setting = {
    port: await freePort(),
    workers: flags.workers,
    tracing: flags.number('tracing') === 1,
    careful,
    handlerMs: flags.number('handler-ms'),
    endpoint: receiver.url,
    protocol,
  };
  await receiver.begin(false);
  const started = await contender.start(setting);
  await started.allListening();
  await load.start(clients(setting.port), 'steady');
  await delay(2000);
  const times = await reloads(contender.name, started);
  const result = await load.stop();
  await started.stop();
  for (const time of times) report.add(contender.name, 'one reload', 'ms', time);
  record(contender.name, careful ? 'careful' : 'careless', result);
}

/** Ends at the first reload that does not: a worker that never comes back leaves nothing to replace. */
async function reloads(name: string, started: Started): Promise<number[]> {
  const times: number[] = [];
  if (!started.reload) throw new Error(`${name} cannot reload`);
  for (let i = 0; i < flags.number('reloads'); i++) {
    await load.phase('reload');
    const begin = performance.now();
    const late = new AbortController();
    const bound = delay(flags.number('reload-bound-ms'), 'stuck', { signal: late.signal }).catch(() => 'in time');
    const outcome = await Promise.race([started.reload().then(() => 'done'), bound]);
    late.abort();
    await load.phase('steady');
    report.add(name, 'reloads stuck', '', outcome === 'stuck' ? 1 : 0);
    if (outcome === 'stuck') return times;
    times.push(performance.now() - begin);
    await delay(flags.number('gap-ms'));
  }
  return times;
}

function clients(port: number): LoadOptions[] {
  const rate = flags.number('rate') / 2;
  const burst = flags.number('burst');
  const hangMs = 5000;
  return [
    { port, kind: 'keep-alive', rate, connections: 20, hangMs, protocol },
    burst > 0
      ? { port, kind: 'new', rate: 0, connections: burst, hangMs, protocol }
      : { port, kind: 'new', rate, connections: 0, hangMs, protocol },
  ];
}

function record(name: string, app: string, result: LoadResult): void {
  for (const [kind, windows] of Object.entries(result)) {
    const { requests, failed, causes } = failuresOf(windows);
    if (kind === 'keep-alive') {
      const closed = Object.values(windows).reduce((sum, window) => sum + window.closed, 0);
      report.add(name, `connections ended by the server, ${app} app`, '', closed);
    }
    if (failed > 0) say(`  ${kind}: ${failed} of ${requests} failed: ${causes}`);
    report.add(name, `requests, ${kind}, ${app} app`, '', requests);
    report.add(name, `failed requests, ${kind}, ${app} app`, '', failed);
    const { steady, reload } = windows;
    report.add(name, `p99 steady, ${kind}`, 'ms', steady!.p99);
    report.add(name, `p99 in reload, ${kind}`, 'ms', reload!.p99);
    report.add(name, `p99 in reload / steady, ${kind}`, 'x', reload!.p99 / steady!.p99);
  }
}

function bars(name: string): void {
  for (const app of protocol === 'http' ? flags.text('apps').split(',') : []) {
    const figure = `connections ended by the server, ${app} app`;
    report.bar({ name: `${name}: ${figure}`, values: report.values(name, figure), op: '<=', limit: 0, judge: 'worst' });
  }
  for (const kind of ['keep-alive', 'new']) {
    for (const app of flags.text('apps').split(',')) {
      const figure = `failed requests, ${kind}, ${app} app`;
      report.bar({
        name: `${name}: ${figure}`,
        values: report.values(name, figure),
        op: '<=',
        limit: 0,
        judge: 'worst',
      });
    }
    const figure = `p99 in reload / steady, ${kind}`;
    report.bar({ name: `${name}: ${figure}`, values: report.values(name, figure), op: '<=', limit: 1.5 });
  }
  report.against(name, 'pm2', 'one reload', '<=', 1);
}
