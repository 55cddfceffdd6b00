import type { Owner } from '../helpers/cluster.js';
import { bareEnd, HANG, hangsInLibuv, howOf } from './bare.js';
import type { Case } from './cases.js';
import { LIVE, type LivePhase, type Target, WORKER_START } from './phases.js';
import { isWell, openStage, processesOf, type Stage, until } from './stage.js';
import { inject } from './strace.js';
import { Fails, judgeRequests, namedError, steady, type Verdict } from './verdict.js';

/** Milliseconds; generous, because ptrace makes a process slow. */
const ACT = 12_000;
const RECOVER = 40_000;
const END = 40_000;

/** Runs cases, one after the other, on one supervisor as long as it is well. */
export interface Pipeline {
  run(one: Case): Promise<Verdict>;
  close(): Promise<void>;
}

export function openLane(): Pipeline {
  let owner = cleaner();
  let stage: Stage | undefined;
  const close = async () => {
    stage = undefined;
    await owner.clean();
    owner = cleaner();
  };
  const fresh = async (held: boolean) => {
    await close();
    stage = await openStage(owner, held);
    return stage;
  };
  const runOn = async (one: Case): Promise<Verdict> => {
    const { party, phase } = one;
    if (phase === 'stop') return runStop(await fresh(false), one);
    if (phase === 'start' && party === 'primary') return runStart(await fresh(true), one);
    const live = phase === 'start' ? WORKER_START : LIVE[phase];
    return runLive(stage ?? (await fresh(false)), one, live);
  };
  return {
    run: async (one) => {
      let verdict: Verdict;
      try {
        verdict = await runOn(one);
      } catch (error) {
        const why = steady((error as Error).message, stage?.dir ?? '/dev/null');
        verdict = (stage && (await judgeHang(stage, one))) ?? { kind: 'fails', why };
      }
      const goesOn = ['lives', 'replaced', 'not reached'].includes(verdict.kind);
      if (!goesOn || one.phase === 'stop' || (one.phase === 'start' && one.party === 'primary')) await close();
      return verdict;
    },
    close,
  };
}

async function runLive(stage: Stage, one: Case, phase: LivePhase): Promise<Verdict> {
  await stage.forget();
  const serving = new Set((await stage.status()).workers.map(({ pid = 0 }) => pid));
  const target = await phase.target(stage, one.party);
  const said = stage.said().length;
  const injection = await inject(target.pid, one);
  await act(stage, phase, target);
  const injected = await injection.end();
  const ends = () => judgeEnd(stage, one, new Set(target.killed));
  if (hasEnded(stage)) return ends();
  try {
    await recover(stage, phase, said);
  } catch (error) {
    // What V8 was refused, it may meet a moment later only.
    if (stage.program.process.signalCode !== null) return ends();
    throw error;
  }
  const { workers } = await stage.status();
  const isGone = one.party === 'worker' && !workers.some(({ pid }) => pid === target.pid);
  const victims = new Set(one.party === 'worker' ? [...target.killed, target.pid] : target.killed);
  await stage.load.look();
  judgeRequests(stage, { victims, ended: false, serving });
  if (injected === 0) return { kind: 'not reached' };
  return { kind: isGone && one.phase !== 'reload' ? 'replaced' : 'lives' };
}

/** It may fail, and it may hang: the injection ends all the same. */
export async function act(stage: Stage, phase: LivePhase, target: Target): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ACT);
  });
  await Promise.race([phase.act(stage, target).catch(() => undefined), late, stage.program.exit]);
  clearTimeout(timer);
}

async function recover(stage: Stage, phase: LivePhase, said: number): Promise<void> {
  try {
    await stage.load.look();
    const before = new Map([...stage.load.answered].map(([pid, ids]) => [pid, ids.length]));
    const answersAgain = async () => {
      if (!(await isWell(stage))) return false;
      const { workers } = await stage.status();
      return workers.every(({ pid = 0 }) => (stage.load.answered.get(pid)?.length ?? 0) > (before.get(pid) ?? 0));
    };
    await until(answersAgain, RECOVER, 'two workers serve again');
    await phase.check(stage);
  } catch (error) {
    if (hasEnded(stage)) throw new Fails(`the primary ended after the injection: ${lastLine(stage, said)}`);
    throw new Fails(`does not recover: ${(error as Error).message}`);
  }
}

async function runStart(stage: Stage, one: Case): Promise<Verdict> {
  const injection = await inject(stage.program.pid, one);
  process.kill(stage.program.pid, 'SIGCONT');
  await until(() => hasEnded(stage) || serves(stage), ACT, '').catch(() => undefined);
  const injected = await injection.end();
  await until(() => hasEnded(stage) || serves(stage), RECOVER, 'it serves or ends');
  if (hasEnded(stage)) return judgeEnd(stage, one, new Set());
  await stage.load.clear();
  await until(() => serves(stage), RECOVER, 'both workers answer');
  const lacks = /control is off|no control|cannot be controlled|without (a|the) control/i.test(stage.said());
  if (!lacks) await until(() => isWell(stage), RECOVER, 'status shows two workers');
  judgeRequests(stage, { victims: new Set(), ended: true });
  await stop(stage);
  return injected === 0 ? { kind: 'not reached' } : { kind: 'lives' };
}

export async function serves({ load }: Stage): Promise<boolean> {
  await load.look();
  return load.answered.size >= 2;
}

async function runStop(stage: Stage, one: Case): Promise<Verdict> {
  await stage.forget();
  const { pid } = await LIVE.serve.target(stage, one.party);
  const injection = await inject(pid, one);
  stage.program.kill('SIGTERM');
  await until(() => hasEnded(stage), ACT, '').catch(() => undefined);
  const injected = await injection.end();
  // A primary that could not run meanwhile stops now; telling it once more would force it.
  await until(() => hasEnded(stage), END, '').catch(() => undefined);
  const { code, signal } = await stop(stage);
  if (code !== 0 || signal !== null) return judgeEnd(stage, one, new Set());
  await stage.load.look();
  judgeRequests(stage, { victims: new Set(one.party === 'worker' ? [pid] : []), ended: true });
  return injected === 0 ? { kind: 'not reached' } : { kind: 'lives' };
}

/** Tells it to, unless it has been told, and waits until nobody is left. */
async function stop(stage: Stage): Promise<{ code: number | null; signal: string | null }> {
  if (!hasEnded(stage)) stage.program.kill('SIGTERM');
  await until(() => hasEnded(stage), END, 'the primary stops');
  await noOrphans(stage);
  return stage.program.exit;
}

/** Why the primary ended though nobody had told it to, and whether it took all with it. */
async function judgeEnd(stage: Stage, one: Case, victims: ReadonlySet<number>): Promise<Verdict> {
  await noOrphans(stage);
  const { code, signal } = await stage.program.exit;
  await stage.load.look();
  judgeRequests(stage, { victims, ended: true, passing: one.party === 'primary' && one.phase === 'reload' });
  const how = howOf(code, signal as NodeJS.Signals | null);
  if (one.party === 'worker') throw new Fails(`the primary ended: ${how}`);
  const named = namedError(stage.said());
  if (named && signal === null && code !== 0) return { kind: 'ends', code: named };
  const bare = await howBareEnds(one, how, signal !== null);
  // The same end, or another one of V8 and libuv: a bare Node does not outlive that error either.
  const isAbort = signal === 'SIGABRT' || signal === 'SIGTRAP';
  if (bare === how || (bare !== undefined && isAbort)) return { kind: 'aborts', how };
  throw new Fails(
    `the primary ended: ${how}, where a bare Node ${bare ? `ends by ${bare}` : 'lives'}: ${lastLine(stage, 0)}`,
  );
}

/** Undefined when the primary does not hang, or a bare Node would not. A worker that hangs is the supervisor's business. */
async function judgeHang({ program }: Stage, one: Case): Promise<Verdict | undefined> {
  if (one.party === 'worker' || !hangsInLibuv(program.pid)) return undefined;
  const bare = await howBareEnds(one, HANG, true);
  return bare === undefined ? undefined : { kind: 'aborts', how: HANG };
}

/** As that, if it ever does under the same error of the same call; else as it does in the end. */
async function howBareEnds(one: Case, how: string, bySignal: boolean): Promise<string | undefined> {
  const from = one.phase === 'start' ? 'start' : 'running';
  const every = { ...one, when: '1+' };
  // What V8 takes a signal for, it does whenever it meets it; a bare program meets all of its calls from its first line on.
  // `every` comes first: it is known from other cases.
  const runs = [
    () => bareEnd(from, every),
    ...(bySignal ? [() => bareEnd('start', every)] : []),
    () => bareEnd(from, one),
  ];
  let bare: string | undefined;
  for (const run of runs) {
    bare = (await run()) ?? bare;
    if (bare === how) break;
  }
  return bare;
}

async function noOrphans(stage: Stage): Promise<void> {
  try {
    await until(() => processesOf(stage.dir).length === 0, END, 'all workers end');
  } catch (error) {
    throw new Fails(`orphans: ${(error as Error).message}`);
  }
}

export function hasEnded({ program }: Stage): boolean {
  return program.process.exitCode !== null || program.process.signalCode !== null;
}

/** The line that tells most: an error's own. */
function lastLine(stage: Stage, from: number): string {
  const lines = stage
    .said()
    .slice(from)
    .split('\n')
    .map((line) => line.trim());
  const error = lines.findLast((line) => /\b(\w*Error|error [A-Z_]+|FATAL)\b.*:/.test(line));
  return error ?? lines.findLast((line) => line !== '') ?? 'it said nothing';
}

/** Cleans up in the opposite order of what was made. */
export function cleaner(): Owner & { clean(): Promise<void> } {
  const all: (() => unknown)[] = [];
  return {
    teardown: (one: () => unknown) => void all.push(one),
    clean: async () => {
      for (const one of all.splice(0).reverse()) await one();
    },
  };
}
