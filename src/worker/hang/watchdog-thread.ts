import { writeSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { createLog, type LogFormat } from '../../contract/log.js';
import { renderStall, type Stall, type StallReport, stallLine } from '../../contract/stall.js';
import { readBlockedStack } from './blocked-stack.js';
import { clock, type Heartbeat, isDebugged, lastBeat } from './heartbeat.js';

// The watchdog's thread. It loads Node's own modules only, and the inspector not before it is needed: its memory is
// paid in every worker.

/** What the thread is started with. */
export interface WatchOrders {
  readonly heartbeat: Heartbeat;
  readonly slot: number;
  readonly format: LogFormat;
  readonly primaryPid: number;
  /** Where reports go; undefined when the primary gave no pipe. */
  readonly reportFd: number | undefined;
  /** After how long without a heartbeat the worker is hung, in milliseconds. */
  readonly limit: number;
  /** Whether it is watched only for the case that the primary is gone. */
  readonly orphansOnly: boolean;
}

/** The share of the limit after which the stack is read: early enough to have it when the primary kills. */
const SUSPECT = 0.8;
/**
 * How long the reading may take: a share of the limit, but not less than this, in milliseconds. It takes 20 ms on a
 * machine with nothing else to do, and half a second on one with five times more threads to run than cores.
 */
const READING = 0.15;
const SHORTEST_READING = 3_000;
/** How often the heartbeat is looked at within one limit. */
const LOOKS = 30;
/** The share of the limit by which this thread itself may be late before it trusts its own count no more. */
const LATE = 0.2;

const orders = workerData as WatchOrders;
const { limit, slot } = orders;
const tick = Math.min(1_000, limit / LOOKS);
const log = createLog({
  format: orders.format,
  level: 'error',
  label: `kf-cluster:${slot}`,
  // stderr is a pipe to the primary: when that is gone, stdout may still lead to someone.
  sink: (line) => void (writeAll(2, line) || writeAll(1, line)),
  ...(orders.format === 'json' && { fields: { slot, pid: process.pid } }),
});

let lookedAt = clock();
/** The count starts here if this is later than the last heartbeat: the process may have been stopped before we ran. */
let notBefore = lookedAt;
/** What was found in the stall under way. */
let suspicion: { readonly beat: number; stall?: Stall; hung?: true } | undefined;

setTimeout(look, tick);

function look(): void {
  const now = clock();
  // A machine that slept, a stopped process: the main thread could not beat for the reason that we could not look.
  if (now - lookedAt > tick + limit * LATE) notBefore = now;
  lookedAt = now;
  const beat = lastBeat(orders.heartbeat);
  if (suspicion && suspicion.beat !== beat) recover(beat);
  if (isDebugged(orders.heartbeat)) notBefore = now;
  const ms = now - Math.max(beat, notBefore);
  const orphan = process.ppid !== orders.primaryPid;
  if (ms >= limit * SUSPECT && (orphan || !orders.orphansOnly)) judge(beat, ms, orphan);
  const due = [limit * SUSPECT, limit].map((at) => at - ms).filter((wait) => wait > 0);
  setTimeout(look, Math.min(tick, ...due));
}

function judge(beat: number, ms: number, orphan: boolean): void {
  if (!suspicion) {
    suspicion = { beat };
    void suspect(suspicion, ms);
    return;
  }
  const { stall } = suspicion;
  if (!stall || ms < limit) return;
  if (!suspicion.hung) {
    suspicion.hung = true;
    report({ ...stall, type: 'hung', ms: Math.round(ms) });
  }
  if (orphan) {
    log.error(`ending worker ${slot}: it is blocked, and its primary is gone`);
    process.kill(process.pid, 'SIGKILL');
  }
}

/** Reads the stack of a main thread that looks hung, and reports it. */
async function suspect(mine: NonNullable<typeof suspicion>, ms: number): Promise<void> {
  const stack = await readBlockedStack(Math.max(limit * READING, SHORTEST_READING));
  if (suspicion !== mine) return; // it runs again
  if (stack.kind === 'debugged') {
    suspicion = undefined;
    notBefore = clock();
    return;
  }
  const rounded = Math.round(ms);
  const found = stack.kind === 'frames' ? { frames: stack.frames } : { frames: [], why: stack.why };
  mine.stall = { ms: rounded, ...found };
  const fields = orders.format === 'json' ? { ms: rounded, frames: found.frames.join('\n') } : undefined;
  log.error(fields ? `worker ${slot} is blocked` : renderStall(slot, mine.stall), fields);
  report({ ...mine.stall, type: 'stalled' });
}

function recover(beat: number): void {
  const stall = suspicion?.stall;
  const ms = Math.round(beat - Math.max(suspicion?.beat ?? beat, notBefore));
  suspicion = undefined;
  if (!stall) return;
  report({ ...stall, type: 'recovered', ms });
  parentPort?.postMessage({ ...stall, ms });
}

function report(given: StallReport): void {
  if (orders.reportFd !== undefined) writeAll(orders.reportFd, stallLine(given));
}

/** Whether all of it was written: a reader that is gone or does not read must not hold the watchdog up. */
function writeAll(fd: number, text: string): boolean {
  const bytes = Buffer.from(text);
  let written = 0;
  for (let tries = 0; written < bytes.length && tries < 50; tries++) {
    try {
      written += writeSync(fd, bytes, written);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return false;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10); // the pipe is full
    }
  }
  return written === bytes.length;
}
