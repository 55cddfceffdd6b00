import { join } from 'node:path';
import { loadConfigFile } from '../../src/config/config-file.js';
import { loadHookFiles } from '../../src/config/hook-files.js';
import { hasNativeTypeScript } from '../../src/config/user-module.js';
import { KfError } from '../../src/contract/errors.js';
import { readEcosystem } from '../../src/platforms/pm2/ecosystem/read-ecosystem.js';

// Loads the files of others, for test/config/module-systems: argument 1 is a folder, the others are files below it. Prints for each
// one, as JSON, `works` or the error with its fix.

const [, , folder = '', ...files] = process.argv;

/** By the beginning of a file's name, what reads it; whether it read what was written. */
const READERS: Readonly<Record<string, (file: string) => Promise<boolean>>> = {
  'kf-cluster': async (file) => {
    const { layer } = await loadConfigFile(file, folder, { native: hasNativeTypeScript(), nodeArgs: [] });
    return layer.values.workers === 3;
  },
  hooks: async (file) => typeof (await loadHookFiles([file]))[0]?.hooks.postFork === 'function',
  ecosystem: async (file) => (await readEcosystem({ file, cwd: folder, environment: {} }))[0]?.name === 'shop',
};

const results: Record<string, string> = {};
for (const name of files) {
  const reader = READERS[/([\w-]+)\.[^/]*$/.exec(name)?.[1] ?? ''];
  if (reader === undefined) throw new Error(`nothing reads ${name}`);
  try {
    results[name] = (await reader(join(folder, name))) ? 'works' : 'reads something else';
  } catch (error) {
    if (!(error instanceof KfError)) throw error;
    results[name] = `${error.code}: ${error.fix}`;
  }
}
process.stdout.write(`${JSON.stringify(results)}\n`);
