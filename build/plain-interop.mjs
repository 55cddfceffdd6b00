import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const GETTERS = '__toCommonJS=mod=>__copyProps(__defProp({},"__esModule",{value:!0}),mod)';
const VALUES = '__toCommonJS=mod=>({__esModule:!0,...mod})';

/**
 * Where bundled CommonJS requires a bundled ES module, esbuild hands it an object with one getter for all of its names,
 * which V8 cannot see through: 3% of a traced request went there, the instrumentations asking for the API. Each such
 * module has run to its end by then and changes none of its exports, so an object with their values does.
 *
 * Throws where esbuild has come to write it in another way.
 */
export async function makeInteropPlain(directory) {
  for (const name of (await readdir(directory)).filter((name) => name.endsWith('.js'))) {
    const text = await readFile(join(directory, name), 'utf8');
    if (!text.includes('__toCommonJS=') || text.includes(VALUES)) continue;
    if (!text.includes(GETTERS)) throw new Error(`${name}: esbuild writes __toCommonJS in another way now`);
    await writeFile(join(directory, name), text.replace(GETTERS, VALUES));
  }
}
