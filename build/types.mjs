// The types of what the package exports, and of what they name: the rest of the declarations is of no use to anybody.
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';

/** Copies those declarations and all that they reach from `dist` to `directory`. A user's compiler has to find what they import. */
export async function copyTypes(entries, directory) {
  await rm(directory, { recursive: true, force: true });
  const seen = new Set();
  const { dependencies, peerDependencies, peerDependenciesMeta } = JSON.parse(await readFile('package.json', 'utf8'));
  const needed = Object.keys(peerDependencies).filter((name) => !peerDependenciesMeta[name]?.optional);
  const installed = new Set([...Object.keys(dependencies), ...needed]);
  const copy = async (file) => {
    if (seen.has(file)) return;
    seen.add(file);
    const to = join(directory, relative(resolve('dist'), file));
    await mkdir(dirname(to), { recursive: true });
    await copyFile(file, to);
    const text = await readFile(file, 'utf8');
    for (const [, name] of text.matchAll(/(?:from |import\()["']((?:@[^"'/]+\/)?[^"'./@][^"'/]*)[^"']*["']/g)) {
      if (name.startsWith('node:') || installed.has(name)) continue;
      throw new Error(
        `${file} is a public type, and imports ${name}, which no user has: move what is public out of it`,
      );
    }
    for (const [, path] of text.matchAll(/(?:from |import\()["'](\.[^"']+)\.js["']/g)) {
      await copy(resolve(dirname(file), `${path}.d.ts`));
    }
  };
  for (const entry of entries) await copy(resolve('dist', entry));
  // The form of the pm2 preload for --require exports nothing either.
  await writeFile(join(directory, 'pm2.d.cts'), 'export {};\n');
}
