import { readFileSync, writeSync } from 'node:fs';
import { type SignOfLife, sharedClock, signsOfLife, startedAt } from '../contract/signs-of-life.js';
import { renderStall } from '../contract/stall.js';
import { readBlockedStack } from './hang/blocked-stack.js';
import { isStopped } from './hang/process-state.js';

// The orphan guard, once the primary is gone: it is started by the shell that has waited for that (supervisor/orphan-guard.ts),
// with the workers that there were, and ends with the last of them. Where there is no shell it waits itself.

/** The descriptor of the connection table. */
const CONNECTION_TABLE_FD = 3;
/** The share of the limit after which the stack of a silent worker is read. */
const SUSPECT = 0.8;
/** How long the reading may take, in milliseconds. */
const READING = 3_000;
/** How long after the primary a worker may be silent that has never given a sign of life, beyond the limit, in milliseconds. */
const MARGIN = 1_000;
/** How long the guard looks on before it takes a silence for one, in milliseconds: a machine may have slept. */
const SETTLE = 500;

interface Orphan {
  readonly pid: number;
  /** `0`: not known. */
  readonly start: string;
  /** What blocks it is being read, or is reported. */
  reading?: Promise<void>;
  reported?: boolean;
}

const [limit = 0, grace = 0, stacks = 0] = process.argv.slice(2, 5).map(Number);
const given = process.argv.slice(5);
const words = given[0] === '-' ? await lastLine() : given;
const orphaned = sharedClock();
let orphans = words.map((word): Orphan => {
  const [pid = '', start = '0'] = word.split(':');
  return { pid: Number(pid), start };
});
look();

function look(): void {
  orphans = orphans.filter(isRunning);
  const signs = signsOfLife(CONNECTION_TABLE_FD);
  const now = sharedClock();
  for (const one of orphans) judge(one, now, signs);
  if (orphans.length > 0) setTimeout(look, Math.min(250, limit / 10));
}

function judge(one: Orphan, now: number, signs: ReadonlyMap<number, SignOfLife> | undefined): void {
  const sign = signs?.get(one.pid);
  if (sign?.debugged || now - orphaned < Math.min(SETTLE, limit * (1 - SUSPECT))) return;
  const silent = now - (sign?.at ?? orphaned);
  const patience = sign ? limit : limit + MARGIN;
  if (sign && stacks > 0 && silent >= limit * SUSPECT && !isStopped(one.pid)) one.reading ??= report(one, sign, silent);
  if (one.reading && !one.reported) return;
  if (silent >= (signs ? patience : Math.max(patience, grace))) end(one, silent);
}

/** Says what blocks it. */
async function report(one: Orphan, sign: SignOfLife, ms: number): Promise<void> {
  const stack = await readBlockedStack(one.pid, READING);
  one.reported = true;
  if (stack.kind === 'debugged') return;
  if ((signsOfLife(CONNECTION_TABLE_FD)?.get(one.pid)?.at ?? 0) > sign.at) return; // it runs again
  const found = stack.kind === 'frames' ? { frames: stack.frames } : { frames: [], why: stack.why };
  say(renderStall(`process ${one.pid}`, { ms, ...found }));
}

function isRunning({ pid, start }: Orphan): boolean {
  const found = startedAt(pid, readText);
  return found !== undefined && (start === '0' || found === start);
}

function end({ pid }: Orphan, silent: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    return; // it has ended meanwhile
  }
  say(`ending worker process ${pid}: no sign of life for ${(silent / 1_000).toFixed(1)} s, and its primary is gone`);
}

function say(text: string): void {
  try {
    writeSync(2, `[kf-cluster] error: ${text}\n`);
  } catch {
    // Nobody reads any more what we say.
  }
}

/** What the primary said last, when it is gone. */
async function lastLine(): Promise<string[]> {
  let rest = '';
  for await (const chunk of process.stdin) rest = (rest + String(chunk)).split('\n').slice(-2).join('\n');
  return (rest.split('\n')[0] ?? '').split(' ').filter((word) => word !== '');
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
