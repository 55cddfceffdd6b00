import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import { NODE, privateDir, watch } from '../helpers/cluster.js';
import { accounts } from '../helpers/delivery.js';
import { smallDisk } from '../helpers/disks.js';
import '../helpers/json-log.js';
import { onLinux } from '../helpers/linux.js';
import { eventsIn } from '../helpers/log-lines.js';
import { freePort } from '../helpers/raw.js';
import { tempDir, until } from '../helpers/spool.js';
import { startClients } from './clients.js';
import { createDice } from './dice.js';
import { movesOf } from './ground.js';
import { readLedger } from './ledger.js';
import { createReleases } from './releases.js';
import { openCollector } from './stage.js';

/** As in chaos.test: KF_CHAOS_SECONDS, KF_CHAOS_SEED. */
const SECONDS = Number(process.env.KF_CHAOS_SECONDS ?? 30);
const SEED = Number(process.env.KF_CHAOS_SEED ?? Math.floor(Math.random() * 2 ** 31));
/** From one move to the next, in milliseconds. */
const PAUSE = [50, 500] as const;
const KILOBYTES = 512;

const TITLE =
  'full disk, no descriptors, stopped processes, pruned releases, a moved log: no request fails, no span is lost';
const FLAGS = [
  ...['-w', '3', '--name', 'ground', '--no-auto-instrumentation', '--delivery', 'journal', '--canary-time', '100ms'],
  ...['--hang-timeout', '15s', '--drain-timeout', '20s', '--flush-timeout', '10s', '--backoff', '50ms..500ms'],
];

test.serial(TITLE, async (t) => {
  if (!onLinux(t, 'a mount namespace, prlimit')) return;
  t.timeout((SECONDS + 150) * 1_000);
  t.log(`KF_CHAOS_SEED=${SEED} KF_CHAOS_SECONDS=${SECONDS}`);
  const dice = createDice(SEED);
  const [dir, runtimeDir] = [tempDir(t), privateDir(t)];
  const spool = join(dir, 'spool');
  const collector = await openCollector(t);
  const port = await freePort();
  const [command = '', ...words] = smallDisk(spool, KILOBYTES);
  const releases = createReleases(join(dir, 'releases'));
  const [logs, logFile] = [join(dir, 'logs'), join(dir, 'logs', 'out.log')];
  mkdirSync(logs);
  const said = () =>
    readdirSync(logs)
      .map((name) => readFileSync(join(logs, name), 'utf8'))
      .join('');
  const own = [...FLAGS, '--spool-dir', spool, '--log-file', logFile];
  const args = [...words, NODE, releases.bin, 'start', 'app.cjs', ...own];
  const program = watch(t, command, args, {
    cwd: releases.current,
    env: {
      PWD: releases.current,
      ...{ CHAOS_LEDGER: join(dir, 'ledger'), OTEL_EXPORTER_OTLP_ENDPOINT: collector.url },
      ...{ PORT: String(port), XDG_RUNTIME_DIR: runtimeDir },
    },
  });
  await until(() => eventsIn(said(), 'all-ready', { workers: 3 }).length > 0);
  const disk = command === 'unshare' ? spool : undefined;
  const ground = { pid: program.pid, socket: join(runtimeDir, 'kf-cluster', 'ground.sock'), disk, releases, logFile };

  const clients = startClients(port, 12, 25);
  t.teardown(clients.stop);
  const counts = new Map<string, number>();
  const count = (name: string) => void counts.set(name, (counts.get(name) ?? 0) + 1);
  const moves = movesOf(ground, dice, () => count('refused'));
  const underWay = new Map<string, Promise<void>>();
  for (const end = performance.now() + SECONDS * 1_000; performance.now() < end; ) {
    await delay(dice.between(...PAUSE));
    const name = dice.pick(Object.keys(moves))!;
    await underWay.get(name);
    count(name);
    underWay.set(name, moves[name]!());
  }
  await Promise.all(underWay.values());
  await clients.stop();
  program.kill('SIGTERM');
  t.deepEqual(await program.exit, { code: 0, signal: null }, said());

  t.log([...counts].map(([name, times]) => `${times} ${name}`).join(', '));
  t.deepEqual(clients.failures, [], said());
  t.true(clients.answered.size > 0);
  const { spans } = readLedger(join(dir, 'ledger'));
  const gone = spans.filter(({ id }) => !collector.received.has(id)).length;
  t.log(`${clients.answered.size} answered, ${spans.length} spans, ${gone} gone, ${collector.duplicates()} came twice`);
  t.is(gone, 0, said());
  t.like(accounts({ lines: said().split('\n') }), { dropped: 0, pending: 0 }, said());
});
