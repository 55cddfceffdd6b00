import { startAtRest } from './lib/at-rest.js';
import type { Contender } from './lib/contender.js';
import { readFlags, say } from './lib/flags.js';
import { contenders } from './lib/peers.js';
import { memoryOf } from './lib/proc.js';
import { startReceiver } from './lib/receiver.js';
import { Report } from './lib/report.js';

// What primary and workers hold at rest, beside bare node:cluster, which traces nothing: resident memory, and PSS, which
// counts what processes share once. The app is the same whether it is traced or not: one that knows nothing of tracing, and one
// that makes a span by @opentelemetry/api, whose 60 files and what V8 does with them are 5 MB of its own.
// Each is asked 20 times before, so that what a first request loads is there. Run it with
// another Node to see that one. V8 gives back what a boot has left 8 seconds after it: before that it is not at rest.
// Flags: --rounds 5 --settle-seconds 12 --workers 2 --contenders cluster,kf-cluster --json

/** Behind the figures of the app that has @opentelemetry/api. */
const API = ', app with the API';

const flags = readFlags({ rounds: 5, contenders: ['cluster', 'kf-cluster'] }, { 'settle-seconds': 12 });
const report = new Report('memory: what a cluster holds at rest');
const receiver = await startReceiver();
for (let round = 0; round < flags.rounds; round++) {
  say(`round ${round + 1} of ${flags.rounds}`);
  for (const contender of contenders(flags.contenders)) {
    await measure(contender, 'off');
    if (contender.name === 'cluster') continue;
    await measure(contender, 'on');
    await measure(contender, 'off', API);
    await measure(contender, 'on', API);
  }
}
const median = (name: string, figure: string) => {
  const values = [...report.values(name, figure)].sort((a, b) => a - b);
  return values[Math.floor(values.length / 2)] ?? Number.NaN;
};
const bare = median('cluster', 'worker RSS, tracing off');
const more = (figure: string, than: number) => report.values('kf-cluster', figure).map((value) => value - than);
report.bar({ name: 'worker, more than bare, MB', values: more('worker RSS, tracing off', bare), op: '<=', limit: 2 });
for (const app of ['', API]) {
  const without = median('kf-cluster', `worker RSS, tracing off${app}`);
  report.bar({
    name: `tracing, more than without, MB${app}`,
    values: more(`worker RSS, tracing on${app}`, without),
    op: '<=',
    limit: 8,
  });
}
report.against('kf-cluster', 'cluster', 'primary RSS, tracing off', '<=', 1.05);
receiver.close();
report.finish(flags.json);

async function measure(contender: Contender, tracing: 'on' | 'off', app = ''): Promise<void> {
  const setting = {
    ...{ workers: flags.workers, endpoint: receiver.url, tracing: tracing === 'on', plainHandler: app === '' },
    ...(app !== '' && { env: { BENCH_API: '1' } }),
  };
  const settleMs = flags.number('settle-seconds') * 1_000;
  const { started, workers } = await startAtRest(contender, setting, settleMs);
  for (const [who, pids] of [
    ['primary', [started.primary()]],
    ['worker', workers],
  ] as const) {
    for (const pid of pids) {
      const { rss, pss } = memoryOf(pid);
      report.add(contender.name, `${who} RSS, tracing ${tracing}${app}`, 'MB', rss / 1024);
      report.add(contender.name, `${who} PSS, tracing ${tracing}${app}`, 'MB', pss / 1024);
    }
  }
  await started.stop();
}
