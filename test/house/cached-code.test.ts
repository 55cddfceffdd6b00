import test from 'ava';
import { textOf } from './sources.js';

const IMPORT = /(?<![\w$.])import\(/g;
/** So many characters around it show whether it is guarded. */
const AROUND = 60;
/** `typeof __kfImport === 'function' ? __kfImport(url) : import(url)`, as the bundler writes it. */
const GUARDED = /typeof __kfImport=="function"\?__kfImport(?:\(url\))?:(?:url=>)?import\(url\)/;

const uses = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([found]) => found);

/** What each file beside the app imports by what it is given; all else of ours it requires. */
const BESIDE_APP = {
  'plain-worker.cjs': [],
  'worker-run.cjs': ['access-log.js'],
  'telemetry.cjs': ['signals.js'],
};

// Node 20 has no `import()` in it.
for (const [file, imported] of Object.entries(BESIDE_APP)) {
  test(`${file} imports by what it is given`, (t) => {
    const text = textOf(`dist/bundle/${file}`);
    t.is(Buffer.byteLength(text), text.length, 'it is read as ASCII');
    t.deepEqual(uses(text, /(?<![\w$.])import\((?!url\))[^)]*/g), []);
    const files = uses(text, /__kfHere\("\.\/[^"]*"\)/g).map((call) => /\.\/([^"]*)/.exec(call)?.[1]);
    t.deepEqual([...new Set(files)].sort(), imported);
  });
}

// Their clock is one of their own (build/bundle.mjs): node:perf_hooks is not loaded for it.
for (const file of [
  'plain-worker.cjs',
  'worker-require.cjs',
  'primary.cjs',
  'commands.cjs',
  'diagnose.cjs',
  'mcp.cjs',
]) {
  test(`${file} asks \`performance\` for the time alone`, (t) => {
    const asked = uses(textOf(`dist/bundle/${file}`), /(?<![\w$.])performance\.\w+/g);
    t.deepEqual(
      asked.filter((one) => one !== 'performance.now'),
      [],
    );
  });
}

// Code that comes out of V8's cache on Node 20 cannot import: `import()` throws there, and only there. What imports a file of
// the user goes by `importUser`, which is given an import of its own; a module of Node is required.
for (const file of ['primary.cjs', 'commands.cjs', 'diagnose.cjs', 'mcp.cjs']) {
  test(`${file} imports by importUser alone`, (t) => {
    const text = textOf(`dist/bundle/${file}`);
    t.is(Buffer.byteLength(text), text.length, 'it is read as ASCII');
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
