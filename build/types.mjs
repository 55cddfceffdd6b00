// The types of what the package exports, and of what they name: the rest of the declarations is of no use to anybody.
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';

/** Copies those declarations and all that they reach from `dist` to `directory`. */
export async function copyTypes(entries, directory) {
  await rm(directory, { recursive: true, force: true });
  const seen = new Set();
  const copy = async (file) => {
    if (seen.has(file)) return;
    seen.add(file);
    const to = join(directory, relative(resolve('dist'), file));
    await mkdir(dirname(to), { recursive: true });
    await copyFile(file, to);
    const text = await readFile(file, 'utf8');
    for (const [, path] of text.matchAll(/(?:from |import\()["'](\.[^"']+)\.js["']/g)) {
      await copy(resolve(dirname(file), `${path}.d.ts`));
    }
  };
  for (const entry of entries) await copy(resolve('dist', entry));
  // The form of the pm2 preload for --require exports nothing either.
  await writeFile(join(directory, 'pm2.d.cts'), 'export {};\n');
}
