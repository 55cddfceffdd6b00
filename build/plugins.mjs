import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { BOUNDARIES, RARELY } from './bundles.mjs';

const { imports } = JSON.parse(readFileSync('package.json', 'utf8'));

/** The source file behind `#bundle/name`: package.json has the compiled one, for Node and for the compiler. */
export function sourceOf(name) {
  const compiled = imports[`#bundle/${name}`];
  if (!compiled) throw new Error(`package.json has no "#bundle/${name}" among its "imports"`);
  return compiled.replace('./dist/', './').replace(/\.js$/, '.ts');
}

/**
 * Leaves `#bundle/name` an import of its file where it is a boundary, and bundles its source in where it is none.
 *
 * @param load what to say for a CommonJS file in place of import(): `outOfCache`, `besideApp`, or undefined for import()
 */
export function boundaries(names, load) {
  return {
    name: 'boundaries',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^#bundle\// }, ({ path, kind }) => {
        const name = path.slice('#bundle/'.length);
        if (kind !== 'dynamic-import') throw new Error(`${path} is a boundary: import it with import()`);
        if (!names.includes(name)) return { path: resolve(sourceOf(name)) };
        const file = BOUNDARIES[name];
        if (!file) throw new Error(`${path} has no file among BOUNDARIES in build/bundles.mjs`);
        return load && file.endsWith('.cjs')
          ? { path: file, namespace: 'boundary' }
          : { path: `./${file}`, external: true };
      });
      onLoad({ filter: /.*/, namespace: 'boundary' }, ({ path }) => ({ contents: load(path), resolveDir: '.' }));
    },
  };
}

/** Leaves the libraries that are rarely needed in files of their own. */
export const rarely = {
  name: 'rarely',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: new RegExp(`^(${Object.keys(RARELY).join('|')})$`) }, ({ path, namespace }) =>
      namespace === 'file' ? { path: `rarely-${path}.cjs`, namespace: 'rarely' } : undefined,
    );
    requireBeside('rarely', { onLoad });
  },
};

/** What a supervisor needs late may have been removed with its release by then: held-files.ts knows where it is. */
const HELD_FILES = resolve('src/system/held-files.ts');

const CODE_CACHE = resolve('src/system/code-cache.ts');

function requireBeside(namespace, { onLoad }) {
  onLoad({ filter: /.*/, namespace }, ({ path }) => ({
    contents: `const { workerFile } = require('${HELD_FILES}'); module.exports = require(workerFile('${path}'))`,
    resolveDir: '.',
  }));
}

/**
 * Large files, which are half compiled by the time that a command has said what it has to: out of V8's cache. Required also
 * where the source says import(): code that comes out of that cache cannot import.
 */
export function outOfCache(file) {
  return `const { workerFile } = require('${HELD_FILES}');
    const { requireCached } = require('${CODE_CACHE}');
    const importHere = typeof __kfImport === 'function' ? __kfImport : (url) => import(url);
    const { exports: found, keep } = requireCached(workerFile('${file}'), importHere);
    keep();
    module.exports = found;`;
}

const REQUIRE_BESIDE = resolve('src/system/require-beside.ts');

/**
 * In the process of an app, from bundles of both kinds: without Node's ES module loader, and one copy for all of them. By its names, as a
 * part of a bundle that is split is an ES module, which has no others. The file has been written before: see BUNDLES.
 */
export function besideApp(file) {
  const [, names] = /0&&\(module\.exports=\{([^}]*)\}\)/.exec(readFileSync(`dist/bundle/${file}`, 'utf8')) ?? [];
  if (names === undefined) throw new Error(`${file}: esbuild writes its names in another way now`);
  return `import { requireBeside } from '${REQUIRE_BESIDE}'; export const { ${names} } = requireBeside('./${file}');`;
}

/** yargs as a function, whether the copy that is installed is CommonJS (17) or an ES module (18). */
export const yargsAsItIs = {
  name: 'yargs-as-it-is',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^yargs$/ }, ({ namespace }) =>
      namespace === 'file' ? { path: 'yargs', namespace: 'as-it-is' } : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'as-it-is' }, () => ({
      contents: `const yargs = require('yargs'); module.exports = typeof yargs === 'function' ? yargs : yargs.default`,
    }));
  },
};
