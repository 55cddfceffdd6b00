import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Contender } from './lib/contender.js';
import { readFlags, say } from './lib/flags.js';
import { createLoad, failuresOf } from './lib/load.js';
import { freePort } from './lib/net.js';
import { pm2, pm2WithPreload } from './lib/pm2.js';
import { startReceiver } from './lib/receiver.js';
import { Report } from './lib/report.js';

// Ten `pm2 reload`s of pm2's own cluster mode under keep-alive load, of an app that does nothing at the signal: bare,
// and with kf-cluster/pm2 in each worker. Spans are counted by id, those that the app has ended against those that came.
// Flags: --rounds 2 --reloads 10 --connections 8 --handler-ms 20 --gap-ms 300 --workers 2 --json

const flags = readFlags(
  { rounds: 2, contenders: [] },
  { reloads: 10, connections: 8, 'handler-ms': 20, 'gap-ms': 300 },
);
const report = new Report("pm2's own cluster mode: requests and spans over reloads");
const receiver = await startReceiver();
const load = createLoad();
const ours = pm2WithPreload();

for (let round = 0; round < flags.rounds; round++) {
  for (const contender of [pm2({ sdk: false, serverSpan: 'auto' }), ours]) {
    say(`round ${round + 1} of ${flags.rounds}: ${contender.name}`);
    await measure(contender, contender === ours);
  }
}
for (const figure of ['failed requests', 'spans lost', 'spans twice']) {
  const values = report.values(ours.name, figure);
  report.bar({ name: `${ours.name}: ${figure}`, values, op: '<=', limit: 0, judge: 'worst' });
}
load.close();
receiver.close();
report.finish(flags.json);

async function measure(contender: Contender, tracing: boolean): Promise<void> {
  const ledger = mkdtempSync(join(tmpdir(), 'bench-ledger-'));
  const port = await freePort();
  const setting = {
    ...{ port, workers: flags.workers, tracing, careful: false, ledger },
    ...{ handlerMs: flags.number('handler-ms'), endpoint: receiver.url },
  };
  await receiver.begin(true);
  const started = await contender.start(setting);
  await started.allListening();
  await load.start(
    [{ port, kind: 'keep-alive', rate: 0, connections: flags.number('connections'), hangMs: 10_000 }],
    'all',
  );
  for (let i = 0; i < flags.number('reloads'); i++) {
    await started.reload?.();
    await delay(flags.number('gap-ms'));
  }
  const { requests, failed, causes } = failuresOf((await load.stop())['keep-alive'] ?? {});
  await started.stop(); // the last spans are flushed when its workers are gone
  if (failed > 0) say(`  ${failed} of ${requests} failed: ${causes}`);
  report.add(contender.name, 'requests', '', requests);
  report.add(contender.name, 'failed requests', '', failed);
  if (tracing) {
    const { ended, missing, duplicates } = await receiver.compare(ledger);
    report.add(contender.name, 'spans ended', '', ended);
    report.add(contender.name, 'spans lost', '', missing);
    report.add(contender.name, 'spans twice', '', duplicates);
  }
  rmSync(ledger, { recursive: true, force: true });
}
