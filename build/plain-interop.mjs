import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const GETTERS = '__toCommonJS=mod=>__copyProps(__defProp({},"__esModule",{value:!0}),mod)';
const VALUES = '__toCommonJS=mod=>({__esModule:!0,...mod})';

const BUILTIN = /__toESM(\(\s*require\(\s*"node:[\w/]+"\s*\)\s*,\s*1\s*\))/g;
/** As long as `__toESM`, so that source maps stay right. For the first line of each CommonJS bundle. */
export const BY_REF = 'const __byRef=(mod)=>Object.create(mod,{default:{value:mod}});';

/** For the first line of what comes out of V8's cache: on Node 20 nothing can be imported there, and whoever loads it does it. */
export const BY_LOADER = "const __kfHere = typeof __kfImport === 'function' ? __kfImport : (url) => import(url);";

/**
 * What esbuild hands over as an object of getters, where it need not.
 *
 * Where bundled CommonJS requires a bundled ES module, it has one getter for all of its names, which V8 cannot see through:
 * 3% of a traced request went there, the instrumentations asking for the API. Each such module has run to its end by then and
 * changes none of its exports, so an object with their values does.
 *
 * Where a CommonJS bundle imports the `default` of one of Node's modules, it has a getter for each of a hundred names, made at each
 * such import: a millisecond of a worker's boot. An object with the module behind it does.
 *
 * `cached`: files that come out of V8's cache; what they import they import by BY_LOADER.
 *
 * Throws where esbuild has come to write it in another way.
 */
export async function makeInteropPlain(directory, cached) {
  const files = await readdir(directory);
  await rewrite(directory, files, '.js', (text, name) => {
    if (!text.includes('__toCommonJS=') || text.includes(VALUES)) return text;
    if (!text.includes(GETTERS)) throw new Error(`${name}: esbuild writes __toCommonJS in another way now`);
    return text.replace(GETTERS, VALUES);
  });
  await rewrite(directory, files, '.cjs', (text, name) => {
    const plain = text.replaceAll(BUILTIN, '__byRef$1');
    if (/__toESM\(\s*require\(\s*"node:/.test(plain))
      throw new Error(`${name}: esbuild writes __toESM in another way now`);
    if (!cached.includes(name)) return plain;
    // What the file itself exports is asked for before it has run.
    const values = plain
      .replace(GETTERS, `${GETTERS.replace('__toCommonJS', '__toExports')},${VALUES}`)
      .replace('module.exports=__toCommonJS(', 'module.exports=__toExports(');
    if (values === plain) throw new Error(`${name}: esbuild writes __toCommonJS in another way now`);
    return values.replaceAll('import("./', '__kfHere("./');
  });
}

async function rewrite(directory, files, ending, change) {
  for (const name of files.filter((file) => file.endsWith(ending))) {
    const text = await readFile(join(directory, name), 'utf8');
    const changed = change(text, name);
    if (changed !== text) await writeFile(join(directory, name), changed);
  }
}
