import { setTimeout as delay } from 'node:timers/promises';
import { readFlags, say } from './lib/flags.js';
import { startHaproxy } from './lib/haproxy.js';
import { kfCluster } from './lib/kf-cluster.js';
import { createLoad, failuresOf } from './lib/load.js';
import { firstOk, freePort } from './lib/net.js';
import type { Program } from './lib/program.js';
import { startReceiver } from './lib/receiver.js';
import { Report } from './lib/report.js';

// The endpoint race: two pods behind haproxy, which is told of a pod's end only `--late-ms` after its SIGTERM, as the
// endpoints of a Service are. Rolling: a new pod, ready and in the balancer, then the old one stops.
// Flags: --rounds 1 --rollings 2 --rate 40 --late-ms 2000 --drain-delay-ms 4000 --modes tcp,http --workers 2 --json

const flags = readFlags(
  { rounds: 1, contenders: [] },
  { rollings: 2, rate: 40, 'late-ms': 2_000, 'drain-delay-ms': 4_000 },
  { modes: 'tcp,http' },
);
const PODS = 2;
const report = new Report('endpoints: requests while a balancer learns late of a stop');
const receiver = await startReceiver();
const load = createLoad();
for (let round = 0; round < flags.rounds; round++) {
  for (const mode of flags.text('modes').split(',') as ('tcp' | 'http')[]) {
    for (const ms of [flags.number('drain-delay-ms'), 0]) await measure(mode, ms);
  }
}
for (const mode of flags.text('modes').split(',')) {
  const figure = 'failed requests';
  const name = labelOf(mode, flags.number('drain-delay-ms'));
  report.bar({ name: `${name}: ${figure}`, values: report.values(name, figure), op: '<=', limit: 0, judge: 'worst' });
}
load.close();
receiver.close();
report.finish(flags.json);

function labelOf(mode: string, drainDelayMs: number): string {
  return `${mode}, drain delay ${drainDelayMs / 1_000} s`;
}

interface Pod {
  readonly port: number;
  readonly program: Program;
}

async function measure(mode: 'tcp' | 'http', drainDelayMs: number): Promise<void> {
  const label = labelOf(mode, drainDelayMs);
  say(label);
  const ports: number[] = [];
  for (let i = 0; i < PODS * (flags.number('rollings') + 1); i++) ports.push(await freePort());
  const balancer = await startHaproxy(mode, ports);
  const startPod = async (): Promise<Pod> => {
    const port = ports.shift()!;
    const setting = {
      port,
      workers: flags.workers,
      tracing: true,
      careful: false,
      handlerMs: 20,
      endpoint: receiver.url,
    };
    const program = kfCluster(setting, 'auto', ['--drain-delay', `${drainDelayMs}ms`]);
    await firstOk(port);
    await balancer.set(port, true);
    return { port, program };
  };
  const pods: Pod[] = [];
  while (pods.length < PODS) pods.push(await startPod());
  const rate = flags.number('rate') / 2;
  const client = { port: balancer.port, hangMs: 5_000, protocol: 'http' } as const;
  await load.start(
    [
      { ...client, kind: 'keep-alive', rate, connections: 20 },
      { ...client, kind: 'new', rate, connections: 0 },
    ],
    'rolling',
  );
  for (let i = 0; i < PODS * flags.number('rollings'); i++) {
    const old = pods.shift()!;
    pods.push(await startPod());
    old.program.kill('SIGTERM');
    await delay(flags.number('late-ms'));
    await balancer.set(old.port, false);
    await old.program.exited;
  }
  const result = await load.stop();
  for (const { program } of pods) program.kill('SIGTERM');
  await Promise.all(pods.map(({ program }) => program.exited));
  await balancer.stop();
  const all = Object.values(result).map(failuresOf);
  const sum = (of: (one: ReturnType<typeof failuresOf>) => number) => all.reduce((total, one) => total + of(one), 0);
  report.add(
    label,
    'requests',
    '',
    sum(({ requests }) => requests),
  );
  report.add(
    label,
    'failed requests',
    '',
    sum(({ failed }) => failed),
  );
  for (const { failed, causes } of all) if (failed > 0) say(`  ${causes}`);
}
