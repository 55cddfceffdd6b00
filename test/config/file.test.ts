import { join } from 'node:path';
import test from 'ava';
import { findConfigFile, loadConfigFile } from '../../src/config/config-file.js';
import { loadHookFiles } from '../../src/config/hook-files.js';
import { KfError } from '../../src/contract/errors.js';
import { tree } from '../helpers/tree.js';

const FACTS = { native: false, nodeArgs: [] };

test('found upwards from the script, to the nearest package.json and no further', (t) => {
  const dir = tree(t, {
    'kf-cluster.config.js': '',
    'shop/package.json': '{}',
    'shop/kf-cluster.config.mjs': '',
    'shop/src/deep/app.js': '',
    'bare/package.json': '{}',
    'keyed/package.json': '{"kf-cluster":{"workers":2}}',
  });
  const found = (from: string, project: string) =>
    findConfigFile(join(dir, from), { dir: join(dir, project), workspace: undefined });
  t.is(found('shop/src/deep', 'shop'), join(dir, 'shop/kf-cluster.config.mjs'));
  t.is(found('bare', 'bare'), undefined);
  t.is(found('keyed', 'keyed'), join(dir, 'keyed/package.json'));
});

const FORMS: Readonly<Record<string, string>> = {
  'named.mjs': 'export const workers = 2; export const env = { A: 1 };',
  'object.mjs': 'export default { workers: 2, env: { A: "1" } };',
  'function.mjs': 'export default async () => ({ workers: 2, env: { A: "1" } });',
  'common.cjs': 'module.exports = { workers: 2, env: { A: "1" } };',
  'exports.cjs': 'exports.workers = 2; exports.env = { A: "1" };',
  'compiled.cjs':
    'Object.defineProperty(exports, "__esModule", { value: true }); exports.workers = 2; exports.default = { env: { A: "1" } };',
  'function.cjs': 'exports.__esModule = true; exports.default = () => ({ workers: 2, env: { A: "1" } });',
  'returns.cjs': 'module.exports = async () => ({ workers: 2, env: { A: "1" } });',
  'data.json': '{"$schema":"x","workers":2,"env":{"A":"1"}}',
  'package.json': '{"name":"x","kf-cluster":{"workers":2,"env":{"A":"1"}}}',
};

for (const [name, text] of Object.entries(FORMS)) {
  test(`read from ${name}`, async (t) => {
    const dir = tree(t, { [name]: text });
    const { layer, hasHooks } = await loadConfigFile(join(dir, name), dir, FACTS);
    t.deepEqual(layer, { label: name, base: dir, values: { workers: 2 } as never, env: { A: '1' } });
    t.false(hasHooks);
  });
}

test('hooks among the options make it a hook file, which workers can load too', async (t) => {
  const dir = tree(t, { 'c.mjs': 'export default { workers: 1, postFork() {} }; export function preFork() {}' });
  const file = join(dir, 'c.mjs');
  t.true((await loadConfigFile(file, dir, FACTS)).hasHooks);
  const [loaded] = await loadHookFiles([file]);
  t.deepEqual(Object.keys(loaded!.hooks).sort(), ['postFork', 'preFork']);
});

const WRONG: ReadonlyArray<[string, string, RegExp]> = [
  ['export const workers = "many"', 'CONFIG_INVALID', /workers: expected a whole number from 1 to 1024/],
  ['export const drainTimout = "5s"', 'CONFIG_INVALID', /drainTimout: unknown key; did you mean drainTimeout\?/],
  [
    'export default { drainTimeout: {} , ready: "x" }',
    'CONFIG_INVALID',
    /ready: .*listening, message.*; drainTimeout: /,
  ],
  ['export const drainTimeout = 30', 'CONFIG_INVALID', /drainTimeout: expected a duration with its unit.*30s or 30ms/],
  ['export const env = { A: "1" , B: Symbol() }', 'CONFIG_INVALID', /env\.B: /],
  ['export default 5', 'CONFIG_INVALID', /an object of options/],
  ['export const config = "x"', 'CONFIG_INVALID', /config: unknown key/],
  ['export function postfork() {}', 'HOOKS_INVALID', /postfork is not a hook; did you mean postFork\?/],
  ['export const postFork = 5', 'HOOKS_INVALID', /postFork is a number/],
  ['throw new RangeError("boom")', 'CONFIG_UNREADABLE', /RangeError: boom/],
  ['\nexport const = 5', 'CONFIG_UNREADABLE', /SyntaxError: .*\n +at \/.*\/c\.mjs:2$/],
];

for (const [text, code, expected] of WRONG) {
  test(`wrong: ${text}`, async (t) => {
    const dir = tree(t, { 'c.mjs': text });
    const error = await t.throwsAsync(loadConfigFile(join(dir, 'c.mjs'), dir, FACTS), { instanceOf: KfError });
    t.is(error.code, code as KfError['code']);
    t.regex(`${error.message} ${error.why}`, expected);
  });
}

test('an ES module in a package of CommonJS: how', async (t) => {
  for (const text of ['export default { workers: 2 };', 'import "node:fs"; export const workers = 2;']) {
    const dir = tree(t, { 'package.json': '{"type":"commonjs"}', 'c.js': text });
    const error = await t.throwsAsync(loadConfigFile(join(dir, 'c.js'), dir, FACTS), { instanceOf: KfError });
    t.regex(error.fix, /\.mjs, or set "type": "module"/);
  }
});

test('a config of Gunicorn: what is written in its place', async (t) => {
  const dir = tree(t, { 'gunicorn.conf.py': 'workers = 4' });
  const file = join(dir, 'gunicorn.conf.py');
  const error = await t.throwsAsync(loadConfigFile(file, dir, FACTS), { instanceOf: KfError });
  t.is(error.code, 'CONFIG_UNREADABLE');
  t.regex(error.fix, /kf-cluster\.config\.mjs; docs\/GUNICORN\.md/);
});

test('a config that is not there', async (t) => {
  const error = await t.throwsAsync(loadConfigFile('/nowhere/c.js', '/', FACTS), { instanceOf: KfError });
  t.is(error.code, 'CONFIG_NOT_FOUND');
});

test('TypeScript: how, where Node cannot; by the loader of --node-args, where it is given', async (t) => {
  const loader = `import { register } from 'node:module';
    register('data:text/javascript,' + encodeURIComponent(\`export async function load(url, context, next) {
      if (!url.endsWith('.ts')) return next(url, context);
      return { format: 'module', shortCircuit: true, source: 'export const workers = 3' };
    }\`));`;
  const dir = tree(t, { 'c.ts': 'export const workers: number = 3', 'loader.mjs': loader });
  const error = await t.throwsAsync(loadConfigFile(join(dir, 'c.ts'), dir, FACTS), { instanceOf: KfError });
  t.is(error.code, 'CONFIG_UNREADABLE');
  t.regex(error.fix, /--node-args="--import tsx"/);
  const facts = { native: false, nodeArgs: ['--import', './loader.mjs'] };
  t.deepEqual((await loadConfigFile(join(dir, 'c.ts'), dir, facts)).layer.values, { workers: 3 } as never);
});

test('hook files: not there, throwing, misspelt, a default function', async (t) => {
  const dir = tree(t, {
    'throws.mjs': 'throw new Error("no database")',
    'typo.mjs': 'export const postfork = () => {}',
    'other.mjs': 'export function helper() {}',
    'default.mjs': 'export default function postFork() {}',
  });
  const failure = (name: string) => t.throwsAsync(loadHookFiles([join(dir, name)]), { instanceOf: KfError });
  t.is((await failure('gone.mjs')).code, 'HOOKS_NOT_FOUND');
  const throwing = await failure('throws.mjs');
  t.is(throwing.code, 'HOOKS_UNREADABLE');
  t.regex(throwing.why, /no database\n.*throws\.mjs:1/);
  t.regex((await failure('typo.mjs')).message, /did you mean postFork/);
  t.regex((await failure('other.mjs')).message, /helper is not a hook$/);
  t.regex((await failure('default.mjs')).message, /default export/);
});
