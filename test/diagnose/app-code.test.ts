import { join } from 'node:path';
import test from 'ava';
import { copiesOf, packageGraph, resolvePackage } from '../../src/diagnose/app/graph.js';
import { preloadsIn } from '../../src/diagnose/app/preloads.js';
import { fileOf, importersOf, inDir, packageOf, readSources } from '../../src/diagnose/app/sources.js';
import { installed, write } from './set-up.js';

test('the package of a specifier, and none of a path, a file or a module of Node', (t) => {
  t.deepEqual(
    ['pg', 'pg/lib/client', '@a/b', '@a/b/c/d.js', './x', '../x', '/x', 'node:fs', 'file:///x', 'data:text,x'].map(
      packageOf,
    ),
    ['pg', 'pg', '@a/b', '@a/b', ...Array<undefined>(6).fill(undefined)],
  );
});

test('every file that a script reaches is read once, in a circle too, and what is commented out is not imported', (t) => {
  const dir = write(t, {
    files: {
      'app.js':
        "require('./a');\n// require('./never');\n/* import './never.js' */\nconst u = 'http://x'; require('pg');\n",
      'a.js': "import x from './b.mjs';\nexport * from \"./c\";\nimport('./app.js');\n",
      'b.mjs': "import '@scope/name/file';\n",
      'c/index.ts': "import type { A } from './types.js';\n",
      'c/types.ts': 'export type A = 1;\n',
      'never.js': "require('never');\n",
    },
  });
  const sources = readSources(join(dir, 'app.js'));
  t.deepEqual(sources.map(({ file }) => inDir(dir, file)).sort(), [
    'a.js',
    'app.js',
    'b.mjs',
    'c/index.ts',
    'c/types.ts',
  ]);
  t.deepEqual(
    importersOf(sources, '@scope/name').map(({ file }) => inDir(dir, file)),
    ['b.mjs'],
  );
  t.is(importersOf(sources, 'never').length, 0);
  t.is(importersOf(sources, 'pg').length, 1, 'what follows a URL in a text is code');
});

test('a script that is not there, data and binaries have no sources', (t) => {
  const dir = write(t, {
    files: { 'app.js': "require('./data.json'); require('./gone'); require('./dir');\n", 'data.json': {} },
  });
  t.is(readSources(join(dir, 'app.js')).length, 1);
  t.deepEqual(readSources(undefined), []);
  t.deepEqual(readSources(join(dir, 'gone.js')), []);
  t.deepEqual(readSources(dir), []);
});

test('a file is found by the endings that loaders try, and .js of TypeScript too', (t) => {
  const dir = write(t, { files: { 'a.mts': '', 'b/index.mjs': '', 'c.ts': '' } });
  const found = (name: string) => {
    const file = fileOf(join(dir, name));
    return file === undefined ? undefined : inDir(dir, file);
  };
  t.deepEqual(['a.mjs', 'a', 'b', 'c.js', 'd'].map(found), ['a.mts', 'a.mts', 'b/index.mjs', 'c.ts', undefined]);
  t.is(inDir(dir, '/elsewhere/x.js'), '/elsewhere/x.js');
});

test('what Node is asked to load first: flags in both forms, packages and files, there or not', (t) => {
  const dir = write(t, {
    files: { ...installed('dd-trace', '5.0.0'), 'pre.cjs': "require('pg');\n", ...installed('@a/b', '1.0.0') },
  });
  const args = [
    '-r',
    './pre',
    '--import=dd-trace/register',
    '--require=@a/b',
    '--loader',
    './gone.mjs',
    '--max-old-space-size=1',
  ];
  t.deepEqual(
    preloadsIn('NODE_OPTIONS', [...args, '--import', 'data:text/javascript,1', '-r'], dir).map((one) => [
      one.specifier,
      one.package,
      one.file && inDir(dir, one.file),
      one.sources.length,
    ]),
    [
      ['./pre', undefined, 'pre.cjs', 1],
      ['dd-trace/register', 'dd-trace', 'node_modules/dd-trace/package.json', 0],
      ['@a/b', '@a/b', 'node_modules/@a/b/package.json', 0],
      ['./gone.mjs', undefined, undefined, 0],
      ['data:text/javascript,1', undefined, 'data:text/javascript,1', 0],
    ],
  );
  t.is(preloadsIn('x', ['--import', `file://${dir}/pre.cjs`], '/')[0]?.file, join(dir, 'pre.cjs'));
  t.is(preloadsIn('x', ['-r', 'nowhere'], dir)[0]?.file, undefined);
});

test('what an app can load: each copy once, through circles, and what is missing of its own dependencies alone', (t) => {
  const dir = write(t, {
    files: {
      ...installed('a', '1.0.0', { dependencies: { b: '1', c: '1' }, optionalDependencies: { gone: '1' } }),
      ...installed('b', '1.0.0', { peerDependencies: { a: '1' } }),
      ...installed('c', '1.0.0', {}),
      ...installed('c', '2.0.0', {}, 'node_modules/a/'),
      ...installed('kf-cluster', '1.0.0', { dependencies: { c: '1', inside: '1' } }),
      ...installed('inside', '1.0.0', {}),
    },
  });
  const graph = packageGraph([dir], ['a', 'c', 'kf-cluster', 'not-installed']);
  t.deepEqual(graph.all.map(({ name, version }) => `${name}@${version}`).sort(), [
    ...['a@1.0.0', 'b@1.0.0', 'c@1.0.0', 'c@2.0.0', 'kf-cluster@1.0.0'],
  ]);
  t.deepEqual(graph.missing, ['not-installed'], 'an optional one of another package is no fault');
  t.deepEqual(
    copiesOf(graph, 'c').map(({ version }) => version),
    ['1.0.0', '2.0.0'],
  );
  t.is(resolvePackage(join(dir, 'node_modules/a'), 'c')?.version, '2.0.0');
  t.is(resolvePackage(dir, 'c')?.version, '1.0.0');
});

test('a package.json without a version, or that is none, is no package', (t) => {
  const dir = write(t, {
    files: { 'node_modules/a/package.json': { name: 'a' }, 'node_modules/b/package.json': '{', 'node_modules/c/x': '' },
  });
  for (const name of ['a', 'b', 'c', 'd']) t.is(resolvePackage(dir, name), undefined, name);
});
