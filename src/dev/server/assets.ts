import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { isSystemError } from '../../contract/system-error.js';
import { documentPolicy } from './guard.js';

/** A file of the page, as it is held and sent: compressed by the build. */
export interface Asset {
  readonly type: string;
  readonly gzipped: Buffer;
  /** The Content-Security-Policy of the document; undefined for what is loaded by one. */
  readonly policy: string | undefined;
}

/** By path. A name that is not here is never looked for on the disk. */
const FILES: ReadonlyMap<string, readonly [file: string, type: string]> = new Map([
  ['/', ['index.html.gz', 'text/html; charset=utf-8']],
  ['/assets/page.js', ['page.js.gz', 'text/javascript; charset=utf-8']],
]);

/** Beside the bundle; for code that is not bundled, the bundle's folder. */
const FOLDERS = ['./page/', '../../../bundle/page/'];

const held = new Map<string, Asset>();

export function isAsset(path: string): boolean {
  return FILES.has(path);
}

/** Undefined where this build has no page. Read once: each answer after it comes from memory. */
export async function readAsset(path: string): Promise<Asset | undefined> {
  const known = held.get(path);
  if (known !== undefined) return known;
  const [file, type] = FILES.get(path) ?? [];
  if (file === undefined || type === undefined) return undefined;
  const gzipped = await readFirst(file);
  if (gzipped === undefined) return undefined;
  const asset = { type, gzipped, policy: path === '/' ? policyOf(gunzipSync(gzipped).toString()) : undefined };
  held.set(path, asset);
  return asset;
}

async function readFirst(file: string): Promise<Buffer | undefined> {
  for (const folder of FOLDERS) {
    try {
      return await readFile(join(import.meta.dirname, folder + file));
    } catch (error) {
      if (!isSystemError(error) || error.code !== 'ENOENT') throw error;
    }
  }
  return undefined;
}

/** What stands in the document is allowed by what it is, nothing else inline. */
function policyOf(html: string): string {
  const [, style = ''] = /<style>(.*?)<\/style>/s.exec(html) ?? [];
  const [, script = ''] = /<script>(.*?)<\/script>/s.exec(html) ?? [];
  return documentPolicy(hashOf(script), hashOf(style));
}

/** As a policy names it. */
export function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}
