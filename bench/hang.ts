import { setTimeout as delay } from 'node:timers/promises';
import { readFlags, say } from './lib/flags.js';
import { createLoad, type LoadOptions } from './lib/load.js';
import { freePort } from './lib/net.js';
import { forksOf } from './lib/proc.js';
import { type Program, path, run } from './lib/program.js';
import { Report } from './lib/report.js';

// One worker of several is blocked for ever, in the midst of a load: how soon is it replaced, is what blocks it told, and
// do the others serve as before? A block that sleeps shows the supervisor alone; one that spins also takes a core. What
// that core alone does to the others is `bare`: one worker fewer, none blocked, and beside them a process that spins.
// Flags: --rounds 5 --workers 4 --hang-ms 3000 --rate 200 --contenders sleep,spin,bare --json

const flags = readFlags(
  { rounds: 5, contenders: ['sleep', 'spin', 'bare'] },
  { 'hang-ms': 3000, rate: 200, 'steady-ms': 3000 },
);
const report = new Report('hang: one worker is blocked');
const load = createLoad();
const TOLD = /worker \d is blocked for .* in:/;
const NAMED = /at block \(.*bench\/apps\/hang\.cjs:[67]:/;
const READY = /worker \d ready in/;

for (let round = 0; round < flags.rounds; round++) {
  say(`round ${round + 1} of ${flags.rounds}`);
  for (const how of flags.contenders) await (how === 'bare' ? measureBare() : measure(how));
}
for (const how of flags.contenders.filter((one) => one !== 'bare')) {
  const limit = flags.number('hang-ms') + 1_000;
  report.bar({ name: `${how}: replaced`, values: report.values(how, 'replaced after'), op: '<=', limit });
  report.bar({ name: `${how}: named`, values: report.values(how, 'function named'), op: '>=', limit: 1 });
}
const still = report.values('sleep', 'p99, blocked / before');
report.bar({ name: 'sleep: p99, blocked / before', values: still, op: '<=', limit: 1.25 });
report.against('spin', 'bare', 'p99, blocked', '<=', 1.25);
load.close();
report.finish(flags.json);

async function measure(how: string): Promise<void> {
  const port = await freePort();
  const program = start(how, port, flags.workers);
  await begin(program, port, flags.workers);
  const [victim = 0] = forksOf(program.pid);
  const since = performance.now();
  await load.phase('blocked');
  process.kill(victim, 'SIGUSR2');
  await program.lines(/exited by SIGKILL.*reason=hang/, 1);
  const killed = performance.now() - since;
  await load.phase('after');
  await program.lines(READY, flags.workers + 1);
  const replaced = performance.now() - since;
  await end(how, program);
  report.add(how, 'killed after', 'ms', killed);
  report.add(how, 'replaced after', 'ms', replaced);
  report.add(how, 'function named', '', TOLD.test(program.output()) && NAMED.test(program.output()) ? 1 : 0);
}

async function measureBare(): Promise<void> {
  const port = await freePort();
  const program = start('none', port, flags.workers - 1);
  await begin(program, port, flags.workers - 1);
  await load.phase('blocked');
  const spinner = run(process.execPath, ['-e', 'for (;;);'], process.env);
  await delay(flags.number('hang-ms'));
  spinner.kill('SIGKILL');
  await load.phase('after');
  await end('bare', program);
}

/** Loads a cluster, until its steady latency is known. */
async function begin(program: Program, port: number, workers: number): Promise<void> {
  await program.lines(READY, workers);
  // New connections go to workers that accept; what a blocked one had accepted before is its own and not counted here.
  const client: LoadOptions = { port, kind: 'new', rate: flags.number('rate'), connections: 1, hangMs: 30_000 };
  await load.start([client], 'before');
  await delay(flags.number('steady-ms'));
}

async function end(how: string, program: Program): Promise<void> {
  const { before, blocked } = (await load.stop()).new ?? {};
  program.kill('SIGTERM');
  await program.exited;
  report.add(how, 'p99 before', 'ms', before?.p99 ?? Number.NaN);
  report.add(how, 'p99, blocked', 'ms', blocked?.p99 ?? Number.NaN);
  report.add(how, 'p99, blocked / before', '', (blocked?.p99 ?? Number.NaN) / (before?.p99 ?? Number.NaN));
}

function start(how: string, port: number, workers: number): Program {
  const own = ['-w', String(workers), '--hang-timeout', `${flags.number('hang-ms')}ms`];
  const args = [path('dist/bundle/bin.cjs'), 'start', path('bench/apps/hang.cjs'), '--no-telemetry', ...own];
  return run(process.execPath, args, { ...process.env, PORT: String(port), BENCH_BLOCK: how, BENCH_HANDLER_MS: '5' });
}
