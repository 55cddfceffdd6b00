import {
  closeSync,
  existsSync,
  fstatSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Log } from '../contract/log.js';
import { eventLog } from '../contract/log-events.js';
import { isRecord } from '../contract/record-guard.js';
import { messageOf } from '../contract/system-error.js';

const HERE = `${import.meta.dirname}/`;
/** Whether this code stands in the bundle, beside all that workers load. */
export const BUNDLED = HERE.endsWith('/bundle/');
/** All files that workers, the flush process and the reader load, in one; made by the build. */
const PACK = 'held.gz';

/** The files of one directory, as they were when they were taken hold of. */
interface HeldFiles {
  /** Where a file is to be taken from now. */
  file(name: string): string;
  letGo(): void;
}

interface Held {
  /** Where they stand. */
  readonly here: string;
  readonly fd: number;
  readonly was: Stats;
  readonly log: Log;
  /** Where they were unpacked. */
  copy?: string | undefined;
}

let held: HeldFiles | undefined;

/** From here on the files are there, whatever becomes of the package. Call what is returned when nobody is started any more. */
export function holdFiles(log: Log): () => void {
  if (!BUNDLED || held) return () => undefined;
  try {
    held = holdFilesOf(HERE, log);
  } catch (error) {
    log.warn('the files of kf-cluster have to stay where they are', { why: messageOf(error) });
  }
  return () => {
    const mine = held;
    held = undefined;
    mine?.letGo();
  };
}

/** Where a file of the bundle is to be taken from now. */
export function workerFile(name: string): string {
  return held?.file(name) ?? join(HERE, name);
}

/**
 * The files that the processes of a supervisor load. They belong to the build that runs here, and are taken from the package
 * for as long as it is that build; when it was removed or replaced (a pruned release, `npm install`), they are unpacked from
 * a file that has been open since the start. To hold them costs a start one descriptor.
 *
 * @param here absolute, with a slash at its end
 * @throws the error of the system, when they cannot be held
 */
export function holdFilesOf(here: string, log: Log): HeldFiles {
  const fd = openSync(join(here, PACK), 'r');
  const mine: Held = { here, fd, was: fstatSync(fd), log };
  return {
    file: (name) => {
      const file = join(here, name);
      return isThere(mine, file) ? file : join(copyOf(mine, name) ?? here, name);
    },
    letGo: () => {
      try {
        closeSync(fd);
      } finally {
        if (mine.copy !== undefined) rmSync(mine.copy, { recursive: true, force: true });
      }
    },
  };
}

function isThere({ here, was }: Held, file: string): boolean {
  const now = statSync(join(here, PACK), { throwIfNoEntry: false });
  return now !== undefined && isSame(was, now) && existsSync(file);
}

function isSame(one: Stats, other: Stats): boolean {
  return one.ino === other.ino && one.dev === other.dev && one.size === other.size && one.mtimeMs === other.mtimeMs;
}

const COPIED = 'workers run on a copy of the kf-cluster that this supervisor was started with';

/** Made once, and again where somebody cleans up temporary files. Undefined where there is none to be had. */
function copyOf(mine: Held, name: string): string | undefined {
  if (mine.copy !== undefined && existsSync(join(mine.copy, name))) return mine.copy;
  const why = `${mine.here} was removed or replaced`;
  const fix = 'Start the supervisor again: it takes the kf-cluster that is there then. See docs/UPGRADE.md';
  // Written over in place, the file that was held is another one too.
  mine.copy = isSame(mine.was, fstatSync(mine.fd)) ? unpack(mine) : undefined;
  if (mine.copy === undefined) mine.log.error('there is no copy of the files of kf-cluster', { why, fix });
  else eventLog(mine.log, 'runs-on-copy').warn(COPIED, { why, fix, copy: mine.copy });
  return mine.copy;
}

/** Into a directory for this user alone. */
function unpack({ fd, was, log }: Held): string | undefined {
  const { gunzipSync } = process.getBuiltinModule('node:zlib');
  const packed = Buffer.alloc(was.size);
  readSync(fd, packed, 0, was.size, 0);
  const files: unknown = JSON.parse(gunzipSync(packed).toString());
  const texts = Object.entries(isRecord(files) ? files : {});
  for (const base of new Set([tmpdir(), process.env.XDG_RUNTIME_DIR, '/dev/shm'])) {
    if (!base?.startsWith('/')) continue;
    try {
      const directory = mkdtempSync(join(base, 'kf-cluster-files-'));
      for (const [name, text] of texts) writeFileSync(join(directory, name), String(text), { mode: 0o600 });
      return directory;
    } catch (error) {
      log.warn('no place for a copy of the files of kf-cluster', { dir: base, why: messageOf(error) });
    }
  }
  return undefined;
}
