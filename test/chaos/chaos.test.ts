import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { onLinux } from '../helpers/linux.js';
import { tempDir } from '../helpers/spool.js';
import { startClients } from './clients.js';
import { createDice } from './dice.js';
import { lastTurns, readLedger } from './ledger.js';
import { openCollector, openStage, type Stage } from './stage.js';
import { createTroubles } from './troubles.js';
import { abandoned, miscounted, type Traced, trace, unexplained, wrongAccounts } from './verdict.js';

/** KF_CHAOS_SECONDS: how long each run makes trouble; minutes for a thorough one. KF_CHAOS_SEED repeats a run's choices. */
const SECONDS = Number(process.env.KF_CHAOS_SECONDS ?? 30);
const SEED = Number(process.env.KF_CHAOS_SEED ?? Math.floor(Math.random() * 2 ** 31));
const OPTIONS = {
  ...{ workers: 4, telemetry: true, autoInstrumentation: false, delivery: 'journal', logFormat: 'json' },
  ...{ hangTimeout: '4s', drainTimeout: '20s', flushTimeout: '1s', canaryTime: '100ms' },
  ...{ maxRestarts: 10_000, maxRequests: 1_000, maxLifetime: '15s' },
};

for (const [at, journalPer] of (['batch', 'span'] as const).entries()) {
  test.serial(`chaos, journal per ${journalPer}: only what a victim had fails, every span arrives`, async (t) => {
    if (!onLinux(t, '/proc')) return;
    t.timeout((SECONDS + 150) * 1_000);
    const dice = createDice(SEED + at);
    t.log(`KF_CHAOS_SEED=${SEED} KF_CHAOS_SECONDS=${SECONDS}`);
    const dir = tempDir(t);
    const collector = await openCollector(t);
    const stage = await openStage(t, { collector, dir, options: { ...OPTIONS, journalPer } });
    const clients = startClients(stage.port, 16, 25);
    t.teardown(clients.stop);
    const troubles = createTroubles(stage, collector, dice);
    await troubles.go(SECONDS * 1_000);
    await clients.stop();
    const { victims } = troubles;
    await atRest(stage, victims);
    t.deepEqual(zombiesOf(stage.program.pid), [], 'every worker that ended was reaped');
    stage.program.kill('SIGTERM');
    t.deepEqual(await stage.program.exit, { code: 0, signal: null });
    t.deepEqual(processesWith(stage.mark), [], 'no process is left');

    const ledger = readLedger(stage.ledger);
    const traced = trace(clients.failures, ledger);
    t.log(`${clients.answered.size} answered, ${traced.length} failed, ${victims.size} victims`);
    t.log([...troubles.counts].map(([name, count]) => `${count} ${name}`).join(', '));
    const failed = unexplained(traced, victims);
    for (const line of aboutWorkers(stage, failed)) t.log(line);
    t.deepEqual(failed, [], 'failed');
    t.deepEqual(abandoned(ledger, victims), [], 'accepted and never finished');
    t.deepEqual(strangers(stage, victims), [], 'ended unplanned without our doing');
    t.true(clients.answered.size > 0 && victims.size > 0);

    await everySpan(t, { stage, collector, dir, victims, journalPer });
  });
}

interface Spans {
  readonly stage: Stage;
  readonly collector: Awaited<ReturnType<typeof openCollector>>;
  readonly dir: string;
  readonly victims: ReadonlySet<number>;
  readonly journalPer: 'batch' | 'span';
}

/** What a killed worker had in its last turn may be gone with it; all else arrives, at the latest at the next start. */
async function everySpan(t: ExecutionContext, { stage, collector, dir, victims, journalPer }: Spans): Promise<void> {
  const ledger = readLedger(stage.ledger);
  const last = lastTurns(ledger.spans);
  const mayBeLost = ({ id, pid }: { id: string; pid: number }) =>
    journalPer === 'batch' && victims.has(pid) && last.has(id);
  const due = ledger.spans.filter((one) => !mayBeLost(one)).map(({ id }) => id);
  const late = due.filter((id) => !collector.received.has(id)).length;
  const next = await openStage(t, { collector, dir, options: { ...OPTIONS, workers: 1 } });
  await collector.all(due, 30_000);
  next.program.kill('SIGTERM');
  t.is((await next.program.exit).code, 0);
  const gone = ledger.spans.filter(({ id }) => !collector.received.has(id)).length;
  t.log(`${ledger.spans.length} spans, ${late} by the next start, ${gone} gone with a last turn`);
  t.log(`${collector.duplicates()} came twice`);
  const accounts = stage.accounts();
  t.deepEqual(wrongAccounts(accounts), []);
  t.deepEqual(miscounted(accounts, ledger, collector.own), []);
  t.deepEqual(readdirSync(join(dir, 'spool')), [], 'the spool is empty');
}

/** All that was planned is done, and nobody is left whom we did something to. */
async function atRest(stage: Stage, victims: ReadonlySet<number>): Promise<void> {
  for (;;) {
    const { phase, target, workers } = await stage.status();
    const isWell = workers.every((one) => one.phase === 'ready' && !victims.has(one.pid ?? 0));
    if (phase === 'running' && workers.length === target && isWell) return;
  }
}

const PLANNED = new Set(['stop', 'reload', 'rollback', 'recycle', 'scale', 'restart']);

/** Exits for which nobody asked, by the log: `worker 2 exited by SIGKILL` with its reason and pid. */
function strangers({ program }: Stage, victims: ReadonlySet<number>): string[] {
  const exits = program.lines.filter((line) => line.startsWith('{') && line.includes('exited'));
  return exits.filter((line) => {
    const { reason, pid } = JSON.parse(line) as { reason?: string; pid?: number };
    return reason !== undefined && !PLANNED.has(reason) && !victims.has(pid ?? 0);
  });
}

/** All that the supervisor said of the workers that had failed requests. */
function aboutWorkers({ program }: Stage, failed: readonly Traced[]): string[] {
  const pids = new Set(failed.flatMap(({ workers }) => workers.map(String)));
  return program.lines.filter((line) => [...pids].some((pid) => line.includes(pid)));
}

function zombiesOf(parent: number): string[] {
  return stats()
    .filter((fields) => fields[2] === 'Z' && fields[3] === String(parent))
    .map((fields) => fields[0]!);
}

/** pid, name, state, parent and so on of every process. */
function stats(): string[][] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => {
    const text = readIfThere(`/proc/${pid}/stat`);
    const [, name = '', rest = ''] = /\((.*)\) (.*)$/s.exec(text ?? '') ?? [];
    return text === undefined ? [] : [[pid, name, ...rest.split(' ')]];
  });
}

function processesWith(mark: string): string[] {
  return readdirSync('/proc').filter(
    (pid) => /^\d+$/.test(pid) && readIfThere(`/proc/${pid}/environ`)?.split('\0').includes(mark),
  );
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}
