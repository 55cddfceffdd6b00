import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Where the supervisors of this process of tests have their sockets and spools, gone with it. AVA loads this file before any test
 * (`require` in package.json), so that what is started with the environment of the tests does not meet a supervisor that
 * this user really runs: one of the same name would be an error NAME_IN_USE. Whoever starts a program with an
 * environment of its own adds this to it (test/house/own-place.test.ts).
 */
export const OWN_PLACE: Readonly<Record<'XDG_RUNTIME_DIR' | 'XDG_STATE_HOME', string>> = made();

function made(): typeof OWN_PLACE {
  const dir = mkdtempSync(join(tmpdir(), 'kf-own-'));
  process.once('exit', () => rmSync(dir, { recursive: true, force: true }));
  return { XDG_RUNTIME_DIR: dir, XDG_STATE_HOME: dir };
}

process.env.XDG_RUNTIME_DIR = OWN_PLACE.XDG_RUNTIME_DIR;
