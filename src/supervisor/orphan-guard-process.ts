import { readFileSync, writeSync } from 'node:fs';
import { sharedClock, signsOfLife, startedAt } from '../contract/signs-of-life.js';

// The orphan guard, once the primary is gone: it is started by the shell that has waited for that (supervisor/orphan-guard.ts),
// with the workers that there were, and ends with the last of them. Where there is no shell it waits itself.

/** The descriptor of the connection table. */
const CONNECTION_TABLE_FD = 3;
/** A worker's own watchdog thread comes first, for it reads the stack: it begins at a share of the limit, and takes its time. */
const SUSPECT = 0.8;
const READING = 3_000;
const MARGIN = 1_000;

interface Orphan {
  readonly pid: number;
  /** `0`: not known. */
  readonly start: string;
}

const [limit = 0, grace = 0] = process.argv.slice(2, 4).map(Number);
const given = process.argv.slice(4);
const words = given[0] === '-' ? await lastLine() : given;
const orphaned = sharedClock();
let orphans = words.map((word): Orphan => {
  const [pid = '', start = '0'] = word.split(':');
  return { pid: Number(pid), start };
});
const patience = Math.max(limit + MARGIN, limit * SUSPECT + READING + MARGIN);
look();

function look(): void {
  orphans = orphans.filter(isRunning);
  const signs = signsOfLife(CONNECTION_TABLE_FD);
  const now = sharedClock();
  for (const one of orphans) {
    const silent = now - Math.max(signs?.get(one.pid) ?? 0, orphaned);
    if (silent >= (signs ? patience : Math.max(patience, grace))) end(one, silent);
  }
  if (orphans.length > 0) setTimeout(look, Math.min(250, limit / 10));
}

function isRunning({ pid, start }: Orphan): boolean {
  const found = startedAt(pid, readText);
  return found !== undefined && (start === '0' || found === start);
}

function end({ pid }: Orphan, silent: number): void {
  const text = `ending worker process ${pid}: no sign of life for ${(silent / 1_000).toFixed(1)} s, and its primary is gone`;
  try {
    process.kill(pid, 'SIGKILL');
    writeSync(2, `[kf-cluster] error: ${text}\n`);
  } catch {
    // It has ended meanwhile, or nobody reads any more what we say.
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
