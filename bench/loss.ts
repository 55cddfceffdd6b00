import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Contender, Setting } from './lib/contender.js';
import { startFaulty } from './lib/faulty.js';
import { readFlags, say } from './lib/flags.js';
import { createLoad } from './lib/load.js';
import { ROWS, type Row, rowsNamed } from './lib/loss-rows.js';
import { freePort } from './lib/net.js';
import { contenders } from './lib/peers.js';
import { Report } from './lib/report.js';

// Spans that ended and did not arrive, for every way to lose them, on the same work: two spans a request. Each span that
// ended is written to a file by the app itself, and every id that the collector took is known.
// Flags: --rows stop,kill --rounds 1 --outage 20 --contenders a,b --workers 2 --json
// Peers do as OpenTelemetry's documentation tells: shutdown on the signal. `kill` runs with our journal per span.

const flags = readFlags(
  { rounds: 1, contenders: ['cluster', 'throng', 'pm2', 'kf-cluster-manual'] },
  { outage: 20 },
  { rows: ROWS.map((row) => row.name).join(',') },
);
const rows = rowsNamed(flags.text('rows').split(','));
const report = new Report('loss: spans that ended and did not arrive');
const collector = await startFaulty();
const load = createLoad();
const home = mkdtempSync(join(tmpdir(), 'bench-loss-'));

for (let round = 0; round < flags.rounds; round++)
  for (const row of rows) for (const contender of contenders(flags.contenders)) await measure(contender, row, round);
rmSync(home, { recursive: true });
load.close();
collector.close();
report.finish(flags.json);

async function measure(contender: Contender, row: Row, round: number): Promise<void> {
  const ours = contender.name.startsWith('kf-cluster');
  const place = join(home, `${row.name}-${contender.name}-${round}`);
  const ledger = join(place, 'ledger');
  const spool = join(place, 'spool');
  mkdirSync(ledger, { recursive: true });
  await collector.begin();
  const setting: Setting = {
    port: await freePort(),
    workers: flags.workers,
    tracing: true,
    careful: false,
    handlerMs: 0,
    endpoint: collector.url,
    ledger,
    flags: ['--spool-dir', spool, ...(row.flags ?? [])],
    ...(row.env && { env: row.env }),
  };
  const started = await contender.start(setting);
  try {
    await started.allListening();
    await load.start(
      [{ port: setting.port, kind: 'keep-alive', rate: row.rate, connections: 20, hangMs: 3000 }],
      'load',
    );
    await delay(row.around * 1000);
    const happened = row.happen({ started, collector, port: setting.port, outage: flags.number('outage') });
    // A peer that breaks down under it (throng may end during a reload) is measured all the same.
    await (ours ? happened : happened.catch((error: Error) => say(`  ${contender.name}: ${firstLine(error)}`)));
    await delay(row.around * 1000);
    // A stop that is the event itself comes under load.
    if (row.name !== 'stop') await load.stop();
  } finally {
    await started.stop();
  }
  if (row.name === 'stop') await load.stop();
  judge(contender.name, row, ours, await collector.compare(ledger), leftIn(spool));
}

function judge(
  name: string,
  row: Row,
  ours: boolean,
  delivered: Awaited<ReturnType<typeof collector.compare>>,
  left: number,
): void {
  const lost = delivered.missing - delivered.rejected;
  const { ended, firstAfterMs, duplicateRequests } = delivered;
  say(`${row.name}, ${name}: lost ${lost} of ${ended}; ${JSON.stringify({ ...delivered, leftInSpool: left })}`);
  report.add(name, `${row.name}: ended`, 'spans', ended);
  report.add(name, `${row.name}: lost`, '%', (lost / ended) * 100);
  if (firstAfterMs !== undefined) report.add(name, `${row.name}: first span after the return`, 'ms', firstAfterMs);
  if (!ours) return;
  const worst = { op: '<=', judge: 'worst' } as const;
  // Per batch, what ended in the turn of the kill may go: the promise is one turn for each.
  if (row.name !== 'kill-batch') report.bar({ name: `${row.name}: lost`, values: [lost], limit: 0, ...worst });
  if (firstAfterMs !== undefined)
    report.bar({ name: `${row.name}: first span after the return, ms`, values: [firstAfterMs], limit: 1000, ...worst });
  const cuts = row.cuts(flags.workers) + delivered.resets;
  report.bar({ name: `${row.name}: requests sent twice`, values: [duplicateRequests], limit: cuts, ...worst });
  report.bar({ name: `${row.name}: dens left in the spool`, values: [left], limit: 0, ...worst });
}

function leftIn(spool: string): number {
  try {
    return readdirSync(spool).length;
  } catch {
    // Never made: nothing had to go to disk.
    return 0;
  }
}

function firstLine(error: Error): string {
  return error.message.split('\n')[0] ?? '';
}
