import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** What a supervisor starts processes with, and what it loads itself when it needs it. */
const ENTRIES = [
  ...[
    'worker.js',
    'worker-require.cjs',
    'plain.cjs',
    'flush-process.js',
    'reader.js',
    'orphan-guard.js',
    'commands.cjs',
  ],
  ...['rarely-zod.cjs', 'rarely-js-yaml.cjs', 'rarely-croner.cjs', 'rarely-chokidar.cjs', 'rarely-picomatch.cjs'],
];

/**
 * Writes the entries and every file of the bundle that they name, with what those name, into one file that a supervisor holds
 * open; see src/system/held-files.ts.
 */
export async function writePack(directory, name) {
  const there = new Set(await readdir(directory));
  const files = { 'package.json': '{"type":"module"}' };
  const add = async (file) => {
    if (file in files) return;
    files[file] = await readFile(join(directory, file), 'utf8');
    // By import, require and new URL alike. esbuild's limit of a line cuts a text in two by a backslash.
    for (const [, other] of files[file].replaceAll('\\\n', '').matchAll(/["'`]\.\/([\w.-]+\.c?js)["'`]/g)) {
      if (there.has(other)) await add(other);
    }
  };
  for (const entry of ENTRIES) await add(entry);
  await writeFile(join(directory, name), gzipSync(JSON.stringify(files), { level: 9 }));
}
