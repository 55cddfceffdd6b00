import { PARTIES, type Party, PHASES, type Phase, type Recorded } from './cases.js';
import { LIVE, type LivePhase, WORKER_START } from './phases.js';
import { act, cleaner, hasEnded, serves } from './run.js';
import { isWell, openStage, until } from './stage.js';
import { record } from './strace.js';

/** Milliseconds for one phase. */
const LONG = 60_000;

/** One run through all phases for each party, with nothing injected: which calls it makes, and how many. */
export async function recordAll(tell: (line: string) => void): Promise<Recorded[]> {
  const all: Recorded[] = [];
  for (const party of PARTIES) {
    const take = (phase: Phase, calls: Readonly<Record<string, number>>) => {
      tell(`recorded ${party} ${phase}: ${Object.keys(calls).length} calls`);
      all.push({ party, phase, calls });
    };
    await recordRun(party, take);
  }
  return all;
}

type Take = (phase: Phase, calls: Readonly<Record<string, number>>) => void;

async function recordRun(party: Party, take: Take): Promise<void> {
  const owner = cleaner();
  try {
    const isHeld = party === 'primary';
    const stage = await openStage(owner, isHeld);
    if (isHeld) {
      const recording = await record(stage.program.pid);
      process.kill(stage.program.pid, 'SIGCONT');
      await until(() => serves(stage), LONG, 'it serves');
      take('start', await recording.done());
    }
    const through = async (phase: Phase, live: LivePhase) => {
      await until(() => isWell(stage), LONG, `it is well before ${phase}`);
      const target = await live.target(stage, party);
      const recording = await record(target.pid);
      await act(stage, live, target);
      take(phase, await recording.done());
      await until(() => isWell(stage), LONG, `it is well after ${phase}`);
    };
    if (!isHeld) await through('start', WORKER_START);
    for (const phase of PHASES) {
      if (phase !== 'start' && phase !== 'stop') await through(phase, LIVE[phase]);
    }
    const { pid } = await LIVE.serve.target(stage, party);
    const recording = await record(pid);
    stage.program.kill('SIGTERM');
    await until(() => hasEnded(stage), LONG, 'it stops');
    take('stop', await recording.done());
  } finally {
    await owner.clean();
  }
}
