import test from 'ava';
import { textOf } from './sources.js';

const IMPORT = /(?<![\w$.])import\(/g;
/** So many characters around it show whether it is guarded. */
const AROUND = 60;
/** `typeof __kfImport === 'function' ? __kfImport(url) : import(url)`, as the bundler writes it. */
const GUARDED = /typeof __kfImport=="function"\?__kfImport(?:\(url\))?:(?:url=>)?import\(url\)/;

// Node 20 has no `import()` in it, and its clock is one of its own: node:perf_hooks is not loaded for `now()`.
test('a worker without telemetry imports by what it is given, and asks `performance` for the time alone', (t) => {
  const text = textOf('dist/bundle/plain-worker.cjs');
  const uses = (pattern: RegExp) => [...text.matchAll(pattern)].map(([found]) => found);
  t.deepEqual(uses(/(?<![\w$.])import\((?!url\))[^)]*/g), []);
  t.deepEqual(uses(/__kfHere\("[^"]*"\)/g), ['__kfHere("./telemetry.js")', '__kfHere("./telemetry.js")']);
  t.deepEqual([...new Set(uses(/(?<![\w$.])performance\.\w+/g))], ['performance.now']);
});

// Code that comes out of V8's cache on Node 20 cannot import: `import()` throws there, and only there. What imports a file of
// the user goes by `importUser`, which is given an import of its own; a module of Node is required.
for (const file of ['primary.cjs', 'commands.cjs', 'diagnose.cjs', 'mcp.cjs']) {
  test(`${file} imports by importUser alone`, (t) => {
    const text = textOf(`dist/bundle/${file}`);
    const found = [...text.matchAll(IMPORT)].map(({ index }) =>
      text.slice(Math.max(0, index - AROUND), index + AROUND),
    );
    t.true(file === 'mcp.cjs' || found.length > 0, 'the pattern finds importUser');
    t.deepEqual(
      found.filter((around) => !GUARDED.test(around)),
      [],
    );
  });
}
