import {
  chmodSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { requireCached } from '../../src/system/code-cache.js';
import { pruneCaches } from '../../src/system/prune-cache.js';
import { privateDir } from '../helpers/cluster.js';

// They are the process's.
for (const name of ['NODE_COMPILE_CACHE', 'NODE_DISABLE_COMPILE_CACHE']) delete process.env[name];

/** A file that counts how often it was run, and a cache directory of its own. */
function program(
  t: ExecutionContext,
  text = 'exports.ran = [__filename, __dirname, typeof require, this === exports];',
) {
  const dir = realpathSync(privateDir(t));
  process.env.XDG_CACHE_HOME = join(dir, 'cache');
  const file = join(dir, 'primary.cjs');
  writeFileSync(file, text);
  const caches = join(dir, 'cache', 'kf-cluster', 'compile');
  return { dir, file, caches, kept: () => readdirSync(caches).map((name) => join(caches, name)) };
}

const importHere = (url: string): Promise<unknown> => import(url);

/** Requires, keeps, and then does what is done at the exit of this process; returns what was exported. */
function runOnce(file: string, { keep = true, code = 0 } = {}): unknown {
  const before = new Set(process.rawListeners('exit'));
  const cached = requireCached(file, importHere);
  if (keep) cached.keep();
  for (const listener of process.rawListeners('exit')) {
    if (before.has(listener)) continue;
    Reflect.apply(listener, process, [code]);
    process.removeListener('exit', listener as () => void);
  }
  return cached.exports;
}

test.serial(
  'a module runs as require would run it, and the cache that its first exit writes is for this user alone',
  (t) => {
    const { dir, file, caches, kept } = program(t);
    const ran = [file, dir, 'function', true];
    t.deepEqual(runOnce(file), { ran });
    const [cache = '', ...more] = kept();
    t.deepEqual(more, [], 'no half of one is left beside it');
    t.is(statSync(cache).mode & 0o777, 0o600);
    t.is(statSync(caches).mode & 0o777, 0o700);
    const { mtimeMs, ino } = statSync(cache);
    t.deepEqual(runOnce(file), { ran }, 'and the same with it');
    t.like(statSync(cache), { mtimeMs, ino }, 'which is not written again');
  },
);

test.serial('module.exports counts, as does what the module requires from beside it', (t) => {
  const { dir, file } = program(t, "module.exports = () => require('./beside.cjs');");
  writeFileSync(join(dir, 'beside.cjs'), "module.exports = 'beside';");
  const loaded = runOnce(file);
  t.is(typeof loaded === 'function' ? loaded() : undefined, 'beside');
});

test.serial('a run that does not ask for it, or that fails, keeps nothing: it has compiled the least', (t) => {
  const { file, kept } = program(t);
  runOnce(file, { keep: false });
  runOnce(file, { code: 1 });
  t.deepEqual(kept(), []);
});

test.serial('what the module imports goes by the import that is given: one of its own it has not', async (t) => {
  const { dir, file } = program(t, 'exports.load = (url) => __kfImport(url);');
  writeFileSync(join(dir, 'user.mjs'), 'export const from = "user";');
  const url = pathToFileURL(join(dir, 'user.mjs')).href;
  for (const time of ['compiled', 'from the cache']) {
    const loaded = runOnce(file) as { load(url: string): Promise<{ from: string }> };
    t.is((await loaded.load(url)).from, 'user', time);
  }
});

test.serial('of a bundle the newest caches are kept, and nothing else of the directory is touched', (t) => {
  const { file, caches, kept } = program(t);
  mkdirSync(caches, { recursive: true, mode: 0o700 });
  const names = Array.from({ length: 20 }, (_, i) => `primary-0.1.0+0000000${i % 10}-${i}-v20.20.2-7`);
  const others = [
    'primary-late-0.1.0+00000000-1-v20.20.2-7',
    'commands-0.1.0+00000000-1-v20.20.2-7',
    'primary-notes.txt',
  ];
  for (const [i, name] of [...names, ...others].entries()) {
    writeFileSync(join(caches, name), 'x');
    utimesSync(join(caches, name), i + 1, i + 1);
  }
  mkdirSync(join(caches, 'v20.20.2-x64-7'));
  runOnce(file);
  const left = kept().map((path) => path.slice(caches.length + 1));
  t.deepEqual(
    [...others, 'v20.20.2-x64-7', ...names.slice(-11)].filter((name) => !left.includes(name)),
    [],
  );
  t.is(left.length, others.length + 1 + 12, left.join());
  runOnce(file);
  t.is(kept().length, left.length, 'a run that writes none removes none');
});

test.serial('where the directory cannot be pruned nothing is thrown', (t) => {
  const { dir } = program(t);
  t.notThrows(() => pruneCaches(join(dir, 'not-there'), 'primary'));
});

test.serial('files of one name have a cache each: the size is in its name', (t) => {
  const { file, kept } = program(t);
  runOnce(file);
  writeFileSync(file, 'exports.another = "file of another size than the first one had, whatever it is";');
  runOnce(file);
  t.is(kept().length, 2);
});

for (const [what, spoil] of [
  ['others can write', (cache: string) => chmodSync(cache, 0o666)],
  ['is no cache', (cache: string) => writeFileSync(cache, 'nonsense')],
] as const) {
  test.serial(`a cache that ${what} changes nothing of what runs`, (t) => {
    const { dir, file, kept } = program(t);
    runOnce(file);
    spoil(kept()[0] ?? '');
    t.deepEqual(runOnce(file), { ran: [file, dir, 'function', true] });
    t.is(statSync(kept()[0] ?? '').mode & 0o022, 0, 'and is replaced');
  });
}

test.serial('a link in the place of the cache is not followed', (t) => {
  const { dir, file, caches, kept } = program(t);
  runOnce(file);
  const [cache = ''] = kept();
  const bytes = join(dir, 'elsewhere');
  process.getBuiltinModule('node:fs').renameSync(cache, bytes);
  symlinkSync(bytes, cache);
  runOnce(file);
  t.true(process.getBuiltinModule('node:fs').lstatSync(cache).isFile());
  t.is(readdirSync(caches).length, 1);
});

test.serial(
  'without a place for a cache the module runs all the same: others can write it, it is a file, it is off',
  (t) => {
    const { dir, file, caches } = program(t);
    const ran = { ran: [file, dir, 'function', true] };
    mkdirSync(caches, { recursive: true, mode: 0o700 });
    chmodSync(caches, 0o777);
    t.deepEqual(runOnce(file), ran);
    t.deepEqual(readdirSync(caches), []);
    process.env.XDG_CACHE_HOME = file;
    t.deepEqual(runOnce(file), ran);
    process.env.NODE_DISABLE_COMPILE_CACHE = '1';
    t.teardown(() => delete process.env.NODE_DISABLE_COMPILE_CACHE);
    t.like(runOnce(file), { ran: [file, dir, 'function'] });
  },
);

test.serial('what the module throws at its load is thrown', (t) => {
  const { file } = program(t, "throw new Error('at load');");
  t.throws(() => runOnce(file), { message: 'at load' });
});

test.serial('a text of another build, as long as the one that is kept, is not run with the code of that', (t) => {
  const textOf = (build: string) => `exports.build = () => '9.9.9+${build}';`;
  const { file, kept } = program(t, textOf('0000000a'));
  const build = () => (runOnce(file) as { build(): string }).build();
  t.is(build(), '9.9.9+0000000a');
  writeFileSync(file, textOf('0000000b'));
  t.is(build(), '9.9.9+0000000b');
  t.is(kept().length, 2);
});
