import fs from 'node:fs';
import path from 'node:path';

/** So many caches of one bundle are kept: of three builds on four versions of Node. */
const MOST = 12;

/**
 * Removes the oldest caches of a bundle, each of another build, Node or set of flags, where there are more than MOST. To be called when one has been
 * written, which is at the end of a process and seldom: no start reads the directory. Who reads one that is removed here has it open,
 * or finds none and compiles. Never throws.
 *
 * @param bundle the name of its file, without the ending
 */
export function pruneCaches(directory: string, bundle: string): void {
  try {
    const ours = fs.readdirSync(directory).filter((name) => isCacheOf(bundle, name));
    if (ours.length <= MOST) return;
    const aged = ours.map((name) => ({ name, at: writtenAt(path.join(directory, name)) }));
    aged.sort((a, b) => b.at - a.at);
    for (const { name } of aged.slice(MOST)) fs.rmSync(path.join(directory, name), { force: true });
  } catch {} // another process prunes too, or the directory is gone
}

/** By its form: in the same directory are folders of Node's own cache, and caches of bundles with a longer name. */
function isCacheOf(bundle: string, name: string): boolean {
  return (
    name.startsWith(`${bundle}-`) &&
    /^(?:\d|unbundled)[^/]*-v\d+\.\d+\.\d+-\d+(\.\d+)?$/.test(name.slice(bundle.length + 1))
  );
}

/** One that somebody else has just removed counts as the oldest. */
function writtenAt(file: string): number {
  return fs.lstatSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
