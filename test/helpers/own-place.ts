import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Where the supervisors of this process of tests have their sockets and spools, and where all of its temporary folders are, gone with it. AVA
 * loads this file before any test (`require` in package.json), so that what is started with the environment of the tests does not
 * meet a supervisor that this user really runs: one of the same name would be an error NAME_IN_USE. Whoever starts a program
 * with an environment of its own adds this to it (test/house/own-place.test.ts).
 */
export const OWN_PLACE: Readonly<Record<'XDG_RUNTIME_DIR' | 'XDG_STATE_HOME' | 'TMPDIR', string>> = made();

function made(): typeof OWN_PLACE {
  const dir = mkdtempSync(join(tmpdir(), 'kf-own-'));
  // A short name: what is made in there are unix sockets too, whose paths have 107 bytes at most.
  const temporary = mkdtempSync(join(tmpdir(), 'kf-'));
  // As the system's own: tests look at what other users may do.
  chmodSync(temporary, 0o1777);
  process.once('exit', () => {
    for (const one of [dir, temporary]) remove(one);
  });
  return { XDG_RUNTIME_DIR: dir, XDG_STATE_HOME: dir, TMPDIR: temporary };
}

/** What a test has left running may still write there. */
function remove(dir: string): void {
  try {
    rmSync(dir, { recursive: true, force: true });
  } catch {} // it stays, as all of it did
}

process.env.XDG_RUNTIME_DIR = OWN_PLACE.XDG_RUNTIME_DIR;
process.env.TMPDIR = OWN_PLACE.TMPDIR;
