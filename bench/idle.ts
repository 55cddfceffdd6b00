import { setTimeout as delay } from 'node:timers/promises';
import { startAtRest } from './lib/at-rest.js';
import type { Contender } from './lib/contender.js';
import { readFlags, say } from './lib/flags.js';
import { contenders } from './lib/peers.js';
import { cpuOf, memoryOf, wakeupsOf } from './lib/proc.js';
import { startReceiver } from './lib/receiver.js';
import { Report } from './lib/report.js';

// What a cluster costs that has nothing to do, with tracing on: how often primary and workers wake, what share of a core
// they take, and what they hold, beside bare node:cluster. Each is asked once before, so that what a first request loads
// is there. The workers of `cluster` trace nothing: they are the bare ones. V8 collects what the last requests have left
// within about a minute of them, 30 to 80 wake-ups once: that is no rest yet, and is waited out.
// Flags: --rounds 1 --seconds 60 --settle-seconds 75 --workers 2 --tracing on,off --contenders cluster,kf-cluster --json

const flags = readFlags(
  { rounds: 1, contenders: ['cluster', 'kf-cluster'] },
  { seconds: 60, 'settle-seconds': 75 },
  { tracing: 'on,off' },
);
const report = new Report('idle: what a cluster costs at rest');
const receiver = await startReceiver();
for (let round = 0; round < flags.rounds; round++) {
  say(`round ${round + 1} of ${flags.rounds}`);
  for (const contender of contenders(flags.contenders)) {
    if (contender.name === 'cluster') await measure(contender, 'off');
    else for (const tracing of flags.text('tracing').split(',')) await measure(contender, tracing);
  }
}
for (const tracing of flags.text('tracing').split(',')) {
  const value = (figure: string) => report.values('kf-cluster', `${figure}, tracing ${tracing}`);
  report.bar({ name: `worker wake-ups, ${tracing}`, values: value('worker wake-ups/s'), op: '<=', limit: 1 });
  report.bar({ name: `worker cpu, ${tracing}`, values: value('worker cpu'), op: '<=', limit: 0.05 });
  report.bar({ name: `primary wake-ups, ${tracing}`, values: value('primary wake-ups/s'), op: '<=', limit: 0 });
}
receiver.close();
report.finish(flags.json);

async function measure(contender: Contender, tracing: string): Promise<void> {
  const setting = { workers: flags.workers, endpoint: receiver.url, tracing: tracing === 'on' };
  const settleMs = flags.number('settle-seconds') * 1_000;
  const { started, workers } = await startAtRest(contender, setting, settleMs);
  const label = `tracing ${tracing}`;
  const ends = [rates([started.primary()]), ...workers.map((pid) => rates([pid]))];
  await delay(flags.number('seconds') * 1_000);
  const [primary, ...others] = ends.map((end) => end());
  report.add(contender.name, `primary wake-ups/s, ${label}`, '/s', primary!.wakeups);
  report.add(contender.name, `primary cpu, ${label}`, '%', primary!.percent);
  for (const { wakeups, percent } of others) {
    report.add(contender.name, `worker wake-ups/s, ${label}`, '/s', wakeups);
    report.add(contender.name, `worker cpu, ${label}`, '%', percent);
  }
  for (const pid of [started.primary(), ...workers]) {
    const who = pid === started.primary() ? 'primary' : 'worker';
    report.add(contender.name, `${who} RSS, ${label}`, 'MB', memoryOf(pid).rss / 1024);
  }
  await started.stop();
}

/** Begins to count; the returned function ends it. */
function rates(pids: readonly number[]): () => { readonly wakeups: number; readonly percent: number } {
  const count = () => pids.reduce((sum, pid) => sum + wakeupsOf(pid), 0);
  const [since, woken, used] = [performance.now(), count(), cpuOf(pids)];
  return () => {
    const ms = performance.now() - since;
    return { wakeups: ((count() - woken) * 1_000) / ms, percent: ((cpuOf(pids) - used) * 100) / ms };
  };
}
