import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { nodeFs } from '../../src/config/node-fs.js';
import { checkLoader, locateScript, type ScriptFs } from '../../src/config/script.js';
import { KfError } from '../../src/contract/errors.js';
import { tree } from '../helpers/tree.js';

const codeOf = (run: () => unknown): string | undefined => {
  try {
    run();
  } catch (error) {
    return (error as KfError).code;
  }
  return undefined;
};

test('a file, with or without its ending', (t) => {
  const dir = tree(t, { 'app.js': '' });
  t.is(locateScript('app.js', dir, nodeFs), join(dir, 'app.js'));
  t.is(locateScript('./app', dir, nodeFs), join(dir, 'app.js'));
});

test('a symlink is kept as it is written', (t) => {
  const dir = tree(t, { 'releases/1/app.js': '' });
  symlinkSync(join(dir, 'releases/1'), join(dir, 'current'));
  t.is(locateScript('current/app.js', dir, nodeFs), join(dir, 'current/app.js'));
});

test('a directory stands for the main of its package.json', (t) => {
  const dir = tree(t, { 'a/package.json': '{"main":"lib"}', 'a/lib/index.js': '', 'b/x.js': '' });
  t.is(locateScript('a', dir, nodeFs), join(dir, 'a/lib/index.js'));
  t.is(
    codeOf(() => locateScript('b', dir, nodeFs)),
    'SCRIPT_IS_DIRECTORY',
  );
});

test('a package.json that names nothing, or is broken', (t) => {
  const dir = tree(t, { 'a/package.json': '{"main":"gone.js"}', 'b/package.json': '{', 'c/package.json': '{}' });
  t.is(
    codeOf(() => locateScript('a', dir, nodeFs)),
    'SCRIPT_NOT_FOUND',
  );
  t.is(
    codeOf(() => locateScript('b', dir, nodeFs)),
    'SCRIPT_NOT_READABLE',
  );
  t.is(
    codeOf(() => locateScript('c', dir, nodeFs)),
    'SCRIPT_IS_DIRECTORY',
  );
});

test('MODULE:APP of Gunicorn is answered with the file to name', (t) => {
  const dir = tree(t, { 'app.js': '' });
  const error = t.throws(() => locateScript('app:app', dir, nodeFs), { instanceOf: KfError });
  t.is(error?.code, 'SCRIPT_NOT_FOUND');
  t.is(error?.fix, 'kf-cluster start app.js');
});

test('missing, not there, not readable, not a file', (t) => {
  const fs: ScriptFs = {
    kind: (path) => (path === '/secret.js' ? 'file' : path === '/dev/null' ? 'other' : undefined),
    readable: () => false,
    readText: () => undefined,
  };
  t.is(
    codeOf(() => locateScript(undefined, '/', fs)),
    'SCRIPT_MISSING',
  );
  t.is(
    codeOf(() => locateScript('gone.js', '/', fs)),
    'SCRIPT_NOT_FOUND',
  );
  t.is(
    codeOf(() => locateScript('secret.js', '/', fs)),
    'SCRIPT_NOT_READABLE',
  );
  t.is(
    codeOf(() => locateScript('/dev/null', '/', fs)),
    'SCRIPT_NOT_READABLE',
  );
});

test('TypeScript needs a loader where Node has none', (t) => {
  const without = { native: false, nodeArgs: [] };
  t.is(
    codeOf(() => checkLoader('/app.ts', without)),
    'SCRIPT_NEEDS_LOADER',
  );
  t.regex(t.throws(() => checkLoader('/app.ts', without), { instanceOf: KfError }).fix, /--node-args="--import tsx"/);
  t.is(
    codeOf(() => checkLoader('/app.ts', { native: false, nodeArgs: ['--import', 'tsx'] })),
    undefined,
  );
  t.is(
    codeOf(() => checkLoader('/app.ts', { native: false, nodeArgs: ['--import=tsx'] })),
    undefined,
  );
  t.is(
    codeOf(() => checkLoader('/app.ts', { native: true, nodeArgs: [] })),
    undefined,
  );
  t.is(
    codeOf(() => checkLoader('/app.tsx', { native: true, nodeArgs: [] })),
    'SCRIPT_NEEDS_LOADER',
  );
  t.is(
    codeOf(() => checkLoader('/app.js', without)),
    undefined,
  );
});

test('a script of another language is refused with the file that runs it, unless a loader is there for it', (t) => {
  const refused = (file: string, nodeArgs: readonly string[]) =>
    codeOf(() => checkLoader(file, { native: true, nodeArgs }));
  t.is(refused('/srv/app.py', []), 'SCRIPT_NEEDS_LOADER');
  t.is(refused('/srv/app.coffee', ['--import', 'coffee']), undefined);
  t.is(refused('/srv/app', []), undefined);
  const error = t.throws(() => checkLoader('/srv/app.py', { native: true, nodeArgs: [] })) as KfError;
  t.regex(error.fix, /"script":"\/srv\/app\.py".* kf-cluster start ecosystem\.json/);
});
