import { setTimeout as delay } from 'node:timers/promises';
import type { ControlPath } from '../../src/contract/control-protocol.js';
import { KfError } from '../../src/contract/errors.js';
import type { Dice } from './dice.js';
import type { Collector, Stage } from './stage.js';

/** Everything that is done to a cluster and its collector, and to whom. */
export interface Troubles {
  /** The workers that were killed or hung. */
  readonly victims: ReadonlySet<number>;
  /** How often each thing was done. */
  readonly counts: ReadonlyMap<string, number>;
  /** Makes trouble for so many milliseconds, then lets all that is under way come to its end. */
  go(ms: number): Promise<void>;
}

/** From one trouble to the next, in milliseconds. */
const PAUSE = [150, 900] as const;
/** So many workers that nothing was done to stay, so that somebody always accepts. */
const SPARED = 2;
/** How long a process is stopped, in milliseconds: shorter than a hang. */
const STOPPED = [50, 1_000] as const;
const FEWEST = 3;
const MOST = 5;

export function createTroubles(stage: Stage, collector: Collector, dice: Dice): Troubles {
  const victims = new Set<number>();
  const counts = new Map<string, number>();
  const underWay = new Set<Promise<void>>();
  const count = (name: string) => counts.set(name, (counts.get(name) ?? 0) + 1);

  const order = (path: ControlPath, body?: unknown) => {
    const done = stage.order(path, body).catch((error: unknown) => {
      if (!(error instanceof KfError) || error.code !== 'BUSY') throw error;
      count('refused as busy');
    });
    underWay.add(done);
    done.finally(() => underWay.delete(done)).catch(() => undefined); // awaited at the end
  };
  const strike = async (signal: NodeJS.Signals) => {
    const { workers } = await stage.status();
    const healthy = workers.filter(({ pid, phase }) => phase === 'ready' && pid !== undefined && !victims.has(pid));
    const all = workers.filter(({ pid }) => pid !== undefined && !victims.has(pid));
    const chosen = dice.pick(all)?.pid;
    const left = healthy.filter(({ pid }) => pid !== chosen).length;
    if (chosen === undefined || left < SPARED) return count('spared');
    victims.add(chosen);
    send(chosen, signal);
  };
  const makers: Record<string, () => unknown> = {
    kill: () => strike('SIGKILL'),
    hang: () => strike('SIGUSR2'),
    /** Not a victim: it has only to wait. */
    stop: async () => {
      const { workers } = await stage.status();
      const pid = dice.pick([stage.program.pid, ...workers.flatMap((one) => one.pid ?? [])])!;
      send(pid, 'SIGSTOP');
      await delay(dice.between(...STOPPED));
      send(pid, 'SIGCONT');
    },
    reload: () => order('/v1/reload'),
    scale: () => order('/v1/scale', { workers: dice.between(FEWEST, MOST) }),
    recycle: () => order('/v1/restart', { slot: dice.between(0, FEWEST - 1) }),
    'collector stops': () => collector.pause(),
    'collector hangs': () => collector.suffer({ silent: true }),
    'collector resets': () => collector.suffer({ reset: true, takes: dice.roll() < 0.5 }),
    'collector slow': () => collector.suffer({ delayMs: dice.between(50, 800) }),
    'collector refuses': () => collector.suffer({ refuse: { grpc: 14 } }),
    'collector heals': () => heal(collector),
  };
  const names = [...Object.keys(makers), 'kill', 'kill', 'reload', 'collector heals', 'collector heals'];
  return {
    victims,
    counts,
    go: async (ms) => {
      for (const end = performance.now() + ms; performance.now() < end; ) {
        await delay(dice.between(...PAUSE));
        const name = dice.pick(names)!;
        count(name);
        await makers[name]!();
      }
      await heal(collector);
      await Promise.all(underWay);
    },
  };
}

async function heal(collector: Collector): Promise<void> {
  collector.suffer({});
  await collector.resume();
}

/** It may have ended since it was chosen. */
function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
