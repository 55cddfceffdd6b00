import { lstatSync, realpathSync, type Stats, statSync } from 'node:fs';
import path from 'node:path';

/** Why a directory is not to be trusted, and how to mend it. */
export interface Distrust {
  readonly why: string;
  readonly fix: string;
}

/**
 * The one check of every directory that we execute code from or believe files in. Undefined when nobody but this user
 * and root can put anything into it. A symlink is followed: what it leads to is judged. Throws what `stat` throws.
 */
export function distrustOf(dir: string): Distrust | undefined {
  const stat = statSync(dir);
  if (!stat.isDirectory()) return { why: `${dir} is not a directory`, fix: 'Name a directory.' };
  return distrustOfOwner(dir, stat) ?? (isOpen(stat) ? openTo(dir) : undefined);
}

/**
 * The same for code: nobody else may be able to put another directory in its place either, so all above it is judged
 * too, the symlinks on the way included. What does not exist yet is no reason.
 */
export function distrustOfPath(dir: string): Distrust | undefined {
  const written = upTo(path.resolve(dir)).map((place) => [place, lstatOf(place)] as const);
  const there = written.filter((pair): pair is [string, Stats] => pair[1] !== undefined);
  // Without a symlink on the way the real path is the written one: half the questions, at each boot of a worker.
  const isReal = !there.some(([, stat]) => stat.isSymbolicLink());
  const [last = dir] = there.at(-1) ?? [];
  const real = isReal ? [] : upTo(realpathSync(last)).map((place) => [place, lstatSync(place)] as const);
  for (const [place, stat] of [...there, ...real]) {
    const distrust = distrustOfOwner(place, stat) ?? (isLinkOrClosed(stat) ? undefined : openTo(place));
    if (distrust) return distrust;
  }
  return undefined;
}

/** Undefined for a directory that only this user can read and write, and that is no symlink. Throws what `lstat` throws. */
export function distrustOfPrivate(dir: string): Distrust | undefined {
  const stat = lstatSync(dir);
  if (!stat.isDirectory()) return { why: `${dir} is not a directory`, fix: `Move it away: mv ${dir} ${dir}.old` };
  if (stat.uid !== process.geteuid?.()) return foreign(dir, stat);
  return (stat.mode & 0o077) === 0
    ? undefined
    : { why: `${dir} is open to other users`, fix: `Close it: chmod 700 ${dir}` };
}

function distrustOfOwner(place: string, stat: Stats): Distrust | undefined {
  return stat.uid === 0 || stat.uid === process.geteuid?.() ? undefined : foreign(place, stat);
}

function foreign(place: string, { uid }: Stats): Distrust {
  return { why: `${place} belongs to user ${uid}`, fix: 'Give it to this user with chown, or use another.' };
}

function openTo(place: string): Distrust {
  return { why: `other users can write ${place}`, fix: `Close it: chmod go-w ${place}` };
}

/** In a sticky directory, such as /tmp, nobody can move what is another's. */
function isLinkOrClosed(stat: Stats): boolean {
  return stat.isSymbolicLink() || (stat.mode & 0o1000) !== 0 || !isOpen(stat);
}

/** A user's own group, which has the user's number where each has one, holds nobody else; that of root is root's. */
function isOpen({ mode, gid }: Stats): boolean {
  if ((mode & 0o002) !== 0) return true;
  const own = gid === 0 || (gid === process.getegid?.() && gid === process.geteuid?.());
  return (mode & 0o020) !== 0 && !own;
}

/** The root directory first, the place itself last. */
function upTo(place: string): string[] {
  const above = path.dirname(place);
  return above === place ? [place] : [...upTo(above), place];
}

function lstatOf(place: string): Stats | undefined {
  return lstatSync(place, { throwIfNoEntry: false });
}
