import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Contender, Setting } from './lib/contender.js';
import { readFlags, say } from './lib/flags.js';
import { createLoad, failuresOf, type LoadOptions, type LoadResult } from './lib/load.js';
import { freePort } from './lib/net.js';
import { contenders } from './lib/peers.js';
import { startReceiver } from './lib/receiver.js';
import { Report } from './lib/report.js';

// SIGTERM under load: every request that reached an open port is answered, every ended span arrives.
// Flags: --rounds 50 --peer-rounds 5 --rate 500 --new-rate 0 --load-ms 700 --handler-ms 0 --workers 2
//        --contenders a,b --json
// --new-rate adds a client with a new connection for each request: what the kernel has accepted but no worker yet.

const flags = readFlags(
  { rounds: 50, contenders: ['kf-cluster', 'cluster', 'throng', 'pm2'] },
  { 'peer-rounds': 5, rate: 500, 'new-rate': 0, 'load-ms': 700, 'handler-ms': 0 },
);
const report = new Report('stop: SIGTERM under keep-alive load');
const receiver = await startReceiver();
const load = createLoad();
const home = mkdtempSync(join(tmpdir(), 'bench-stop-'));
const entrants = contenders(flags.contenders);

for (let round = 0; round < flags.rounds; round++) {
  if (round % 10 === 0) say(`round ${round + 1} of ${flags.rounds}`);
  for (const contender of entrants)
    if (contender.name.startsWith('kf-cluster') || round < flags.number('peer-rounds')) await measure(contender, round);
}
for (const { name } of entrants.filter((entrant) => entrant.name.startsWith('kf-cluster'))) {
  const worst = { op: '<=', limit: 0, judge: 'worst' } as const;
  report.bar({ name: `${name}: failed requests`, values: report.values(name, 'failed requests'), ...worst });
  report.bar({ name: `${name}: spans lost`, values: report.values(name, 'spans lost'), ...worst });
}
rmSync(home, { recursive: true });
load.close();
receiver.close();
report.finish(flags.json);

async function measure(contender: Contender, round: number): Promise<void> {
  const ledger = join(home, `${contender.name}-${round}`);
  mkdirSync(ledger);
  await receiver.begin(true);
  const setting: Setting = {
    port: await freePort(),
    workers: flags.workers,
    tracing: true,
    careful: false,
    handlerMs: flags.number('handler-ms'),
    endpoint: receiver.url,
    ledger,
  };
  const started = await contender.start(setting);
  await started.allListening();
  await load.start(clients(setting.port), 'load');
  await delay(flags.number('load-ms'));
  await load.phase('stop');
  const begin = performance.now();
  await started.stop();
  const took = performance.now() - begin;
  const kinds = Object.values(await load.stop()).map(served);
  const requests = kinds.reduce((sum, kind) => sum + kind.requests, 0);
  const failed = kinds.reduce((sum, kind) => sum + kind.failed, 0);
  const causes = kinds.map((kind) => kind.causes).join('; ');
  const spans = await receiver.compare(ledger);
  report.add(contender.name, 'requests', '', requests);
  report.add(contender.name, 'failed requests', '', failed);
  report.add(contender.name, 'spans ended', '', spans.ended);
  report.add(contender.name, 'spans lost', '', spans.missing);
  report.add(contender.name, 'stop', 'ms', took);
  if (failed > 0 || spans.missing > 0)
    say(
      `${contender.name}, round ${round + 1}: ${failed} failed (${causes}), ${spans.missing} of ${spans.ended} spans lost`,
    );
}

function clients(port: number): LoadOptions[] {
  const newRate = flags.number('new-rate');
  const keepAlive = { port, kind: 'keep-alive', rate: flags.number('rate'), connections: 20, hangMs: 3000 } as const;
  return newRate > 0 ? [keepAlive, { ...keepAlive, kind: 'new', rate: newRate }] : [keepAlive];
}

/** Once the port is closed the client is told so at once; that is the end of the service and no failed request. */
function served(windows: LoadResult[string]): ReturnType<typeof failuresOf> {
  const all = failuresOf(windows);
  const refused = windows.stop?.failed.refused ?? 0;
  return { ...all, requests: all.requests - refused, failed: all.failed - refused };
}
