import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';

/** The version, and a hash of all that the bundle is made from: two builds that differ anywhere have two names. */
export async function buildId() {
  const hash = createHash('sha256');
  for (const file of [
    ...(await sources('src')),
    ...(await sources('hooks')),
    ...(await sources('build')),
    'package.json',
  ])
    hash.update(await readFile(file));
  const { version } = JSON.parse(await readFile('package.json', 'utf8'));
  return `${version}+${hash.digest('hex').slice(0, 8)}`;
}

async function sources(directory) {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((one) => one.isFile()).map((one) => `${one.parentPath ?? one.path}/${one.name}`);
  return files.sort();
}
