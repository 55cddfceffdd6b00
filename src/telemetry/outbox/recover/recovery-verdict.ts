import { join } from 'node:path';
import { codeOf } from '../../../contract/system-error.js';

import type { KnownWorkers } from '../../../contract/worker-exit.js';
import type { SpoolFs, SpoolPorts } from '../outbox-ports.js';
import { isAlive, isGone, type Owner, parseOwner, thisProcess } from '../store/owner.js';
import { NotOurs, readRegular } from '../store/regular-file.js';
import { DIRECTORY_NAME, DIRECTORY_PREFIX, segmentFiles } from '../store/segment-directory.js';

/** What is to be done with one entry of the spool directory. */
type Verdict =
  | { readonly type: 'take' }
  /** Its owner lives, or it has just gone. */
  | { readonly type: 'leave' }
  | { readonly type: 'set-aside'; readonly why: string };

/** An `owner.json` is shorter. */
const OWNER_BYTES = 4096;

/** Judges the segment directories in a spool directory, each alone. */
export function judgeOf({ fs, wallClock }: SpoolPorts, workers: KnownWorkers): (path: string, name: string) => Verdict {
  const self = thisProcess(fs);
  return (path, name) => {
    const form = judgeForm(path, name, fs);
    if (form.verdict.type !== 'take') return form.verdict;
    const owner = readOwner(path, fs);
    if (owner === 'none') return form.verdict;
    if (isAlive(owner, self, wallClock() - form.mtimeMs, fs)) return { type: 'leave' };
    // Its primary has not reaped it: how it ended comes with the next `recover` message.
    const unreaped = owner?.host === self.host && workers.running.includes(owner.pid) && isGone(owner.pid, fs);
    return { type: unreaped ? 'leave' : 'take' };
  };
}

/** Whether it is a segment directory at all, whoever owns it. */
export function judgeForm(path: string, name: string, fs: SpoolFs): { verdict: Verdict; mtimeMs: number } {
  const stat = fs.lstatSync(path, { throwIfNoEntry: false });
  const because = (why: string) => ({ verdict: { type: 'set-aside', why } as const, mtimeMs: 0 });
  if (!stat) return { verdict: { type: 'leave' }, mtimeMs: 0 };
  if (stat.isSymbolicLink()) return because('it is a symlink');
  if (!stat.isDirectory()) return because('it is no directory');
  if (stat.uid !== process.geteuid?.()) return because(`it belongs to user ${stat.uid}`);
  if (!DIRECTORY_NAME.test(name)) return because('its name is not den-PID-RANDOM');
  return { verdict: { type: 'take' }, mtimeMs: stat.mtimeMs };
}

export function segmentDirectoriesIn(dir: string, fs: SpoolFs): string[] {
  return fs.readdirSync(dir).filter((name) => name.startsWith(DIRECTORY_PREFIX));
}

/** 'none': the owner gave it up, or was stopped while it cleaned up. Undefined: the file names nobody. */
function readOwner(dir: string, fs: SpoolFs): Owner | 'none' | undefined {
  try {
    const bytes = readRegular(join(dir, segmentFiles.owner), fs, OWNER_BYTES);
    return bytes ? parseOwner(bytes.toString()) : 'none';
  } catch (error) {
    // The records may be good all the same: the time of the last change then says whether its owner is gone.
    if (error instanceof NotOurs || ['EACCES', 'EPERM'].includes(codeOf(error) ?? '')) {
      return undefined;
    }
    if (codeOf(error) === 'ENOENT') return 'none';
    throw error;
  }
}
