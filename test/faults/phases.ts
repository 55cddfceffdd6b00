import { get } from '../helpers/http.js';
import type { Party, Phase } from './cases.js';
import { heldIn, hold, isWell, type Stage, until, WORKERS } from './stage.js';

/** What is done to a supervisor that runs, while one of its processes is under injection. */
export interface LivePhase {
  /** What comes before the injection; resolves with the process that is to be injected. */
  target(stage: Stage, party: Party): Promise<Target>;
  /** May fail: the party that it goes through is under injection. */
  act(stage: Stage, target: Target): Promise<void>;
  /** Must hold once the injection has ended. */
  check(stage: Stage): Promise<void>;
}

export interface Target {
  readonly pid: number;
  /** Workers that were killed beside it. */
  readonly killed: readonly number[];
}

/** Milliseconds until what is asked for has to be there, once nothing is injected any more. */
const SOON = 20_000;
/** What an injected party may take for what it does in a phase, in milliseconds; then the injection ends. */
const BRIEFLY = 3_000;
/** So many lines of 2 kB make a log file of 48 kB change. */
const LINES = 30;

export const LIVE: Readonly<Record<Exclude<Phase, 'start' | 'stop'>, LivePhase>> = {
  serve: {
    target: byParty,
    act: (stage) => served(stage, 40, BRIEFLY),
    check: (stage) => served(stage, 20, SOON),
  },
  log: {
    target: byParty,
    act: async (stage) => {
      await Promise.all(Array.from({ length: LINES }, (_, i) => get(stage.port, `/say-${i}`)));
      await stage.ask('/v1/logs');
    },
    // A worker whose output is broken serves on until another one has its place: until then its lines are lost.
    check: async (stage) => {
      const lines: string[] = [];
      const ofEachWorker = async () => {
        const line = `say-${process.hrtime.bigint()}`;
        await get(stage.port, `/${line}`);
        lines.push(line);
        const said = stage.said();
        const isSaid = (slot: number, stream: string) =>
          lines.some((one) => said.includes(`${slot} | ${one} ${stream}`));
        return Array.from({ length: WORKERS }, (_, slot) => slot).every(
          (slot) => isSaid(slot, 'out') && isSaid(slot, 'err'),
        );
      };
      await until(ofEachWorker, SOON, 'new lines of both workers are in the log');
    },
  },
  status: {
    target: byParty,
    act: async (stage) => {
      for (let i = 0; i < 3; i += 1) await stage.status();
      await stage.ask('/v1/config');
    },
    check: async (stage) => {
      const all = async () => (await stage.status()).workers.every(({ stats }) => stats !== undefined);
      await until(all, SOON, 'status shows the figures of all workers');
    },
  },
  scrape: {
    target: byParty,
    act: async ({ adminPort }) => {
      for (const path of ['/metrics', '/readyz', '/livez']) await get(adminPort, path);
    },
    check: (stage) => until(() => scrapes(stage), SOON, 'a scrape is answered'),
  },
  reload: {
    target: byParty,
    act: (stage) => stage.order('/v1/reload'),
    check: (stage) => stage.order('/v1/reload'),
  },
  crash: {
    target: async (stage, party) => {
      const { pid } = await byParty(stage, party);
      return { pid, killed: [await workerAt(stage, WORKERS - 1)] };
    },
    act: async (stage, { killed }) => {
      for (const pid of killed) process.kill(pid, 'SIGKILL');
      await until(() => isWell(stage), BRIEFLY, 'the worker is replaced');
    },
    check: async () => undefined,
  },
  spool: {
    target: byParty,
    act: async (stage) => {
      await stage.collector.pause();
      await served(stage, 30, BRIEFLY);
      await stage.collector.resume();
      await arrived(stage, new Set(), BRIEFLY);
    },
    check: async (stage) => {
      await stage.collector.resume();
      await stage.load.clear();
      await served(stage, 10, SOON);
      await arrived(stage, new Set(), SOON);
    },
  },
};

/** The boot of one worker, which waits in front of its first line until it is injected. */
export const WORKER_START: LivePhase = {
  target: async (stage) => {
    hold(stage.dir);
    const killed = await workerAt(stage, 0);
    process.kill(killed, 'SIGKILL');
    return { pid: await heldIn(stage.dir), killed: [killed] };
  },
  act: async (stage, { pid }) => {
    process.kill(pid, 'SIGCONT');
    await until(() => isWell(stage), BRIEFLY * 2, 'the worker is ready');
  },
  check: async () => undefined,
};

async function byParty(stage: Stage, party: Party): Promise<Target> {
  return { pid: party === 'primary' ? stage.program.pid : await workerAt(stage, 0), killed: [] };
}

async function workerAt(stage: Stage, slot: number): Promise<number> {
  const pid = (await stage.status()).workers.find((one) => one.slot === slot)?.pid;
  if (pid === undefined) throw new Error(`slot ${slot} has no worker`);
  return pid;
}

/** So many requests more are answered. */
async function served(stage: Stage, count: number, ms: number): Promise<void> {
  const before = total(stage);
  const enough = async () => {
    await stage.load.look();
    return total(stage) >= before + count;
  };
  await until(enough, ms, `${count} requests are answered`);
}

function total({ load }: Stage): number {
  return [...load.answered.values()].reduce((sum, ids) => sum + ids.length, 0);
}

/** The span of each request that a worker answered has arrived, but for those of the victims. */
export async function arrived(stage: Stage, victims: ReadonlySet<number>, ms: number): Promise<void> {
  await stage.load.look();
  const due = [...stage.load.answered].flatMap(([pid, ids]) => (victims.has(pid) ? [] : ids));
  await until(() => due.every((id) => stage.collector.received.has(id)), ms, 'the spans arrive');
}

async function scrapes({ adminPort }: Stage): Promise<boolean> {
  const { status, body } = await get(adminPort, '/metrics');
  return status === 200 && body.includes('kf_cluster_workers');
}
