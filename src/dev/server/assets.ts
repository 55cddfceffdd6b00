import { readFile } from 'node:fs/promises';
import { isSystemError } from '../../contract/system-error.js';

/** The files of the page, as the build has written them. */
interface Asset {
  readonly type: string;
  readonly body: Buffer;
}

/** By path. A name that is not here is never looked for on the disk. */
const FILES: ReadonlyMap<string, readonly [file: string, type: string]> = new Map([
  ['/', ['index.html', 'text/html; charset=utf-8']],
  ['/assets/page.js', ['page.js', 'text/javascript; charset=utf-8']],
  ['/assets/page.css', ['page.css', 'text/css; charset=utf-8']],
]);

/** Beside the bundle; for code that is not bundled, the bundle's folder. */
const FOLDERS = ['./page/', '../../../bundle/page/'];

export function isAsset(path: string): boolean {
  return FILES.has(path);
}

/** Undefined where this build has no page. Read anew each time: it is small, and may just have been built. */
export async function readAsset(path: string): Promise<Asset | undefined> {
  const [file, type] = FILES.get(path) ?? [];
  if (file === undefined || type === undefined) return undefined;
  for (const folder of FOLDERS) {
    try {
      return { type, body: await readFile(new URL(folder + file, import.meta.url)) };
    } catch (error) {
      if (!isSystemError(error) || error.code !== 'ENOENT') throw error;
    }
  }
  return undefined;
}
