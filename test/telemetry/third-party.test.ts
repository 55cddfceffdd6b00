import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { hookImports, loadFromApp } from '../../src/telemetry/third-party.js';
import { tree } from '../helpers/tree.js';
import { keptLog } from '../supervisor/kept-log.js';

const AUTO = '@opentelemetry/auto-instrumentations-node';

/** A package that exports an instrumentation which remembers how it was made; the text of its CommonJS file. */
const instrumentation = (Class: string, name: string, modules: readonly string[] = []) => `
exports.${Class} = class {
  constructor(config) {
    this.config = config;
    this.instrumentationName = ${JSON.stringify(name)};
    this._modules = ${JSON.stringify(modules)}.map((name) => ({ name, patch: (exports) => exports }));
  }
};
exports.helper = () => 'no instrumentation';
exports.NotAnInstrumentation = 7;`;

interface Listed {
  readonly dependencies?: readonly string[];
  readonly devDependencies?: readonly string[];
  readonly settings?: Record<string, object>;
  readonly builtIn?: readonly string[];
  readonly unwanted?: readonly string[];
  /** Directories beside the app, by name. */
  readonly from?: readonly string[];
}

/** Loads what an app lists, of packages in folders of its own. Files: `<package>`, or `<folder>/<package>`, to its text. */
async function load(t: ExecutionContext, packages: Record<string, string>, listed: Listed) {
  const files = Object.entries(packages).map(([place, text]) => {
    const [, folder = 'app', name = place] = /^(other):(.*)$/.exec(place) ?? [];
    return [join(folder, 'node_modules', name, 'index.js'), text] as const;
  });
  const root = tree(t, { 'app/package.json': '{}', 'other/package.json': '{}', ...Object.fromEntries(files) });
  const { log, lines } = keptLog();
  const { dependencies = [], devDependencies = [], settings = {}, builtIn = [], unwanted = [] } = listed;
  const dir = join(root, 'app');
  const found = await loadFromApp({
    app: { dir, name: 'shop', version: '1', dependencies, devDependencies, imports: false },
    ...{ log, settings, builtIn },
    wanted: (name) => !unwanted.includes(name),
    from: (listed.from ?? []).map((name) => join(root, name)),
  });
  const made = found.made.map(({ name, package: from, instrumentation: one }) => ({
    ...{ name, from, config: (one as unknown as { config: object }).config },
  }));
  return { names: found.names, made, lines: lines() };
}

const PG = '@opentelemetry/instrumentation-pg';
const FASTIFY = '@fastify/otel';

test('what the app lists and has is made, with the settings of its short name; other packages are left alone', async (t) => {
  const { names, made, lines } = await load(
    t,
    {
      [PG]: instrumentation('PgInstrumentation', PG),
      [FASTIFY]: instrumentation('FastifyOtelInstrumentation', FASTIFY),
      express: 'throw new Error("loaded by us")',
    },
    { dependencies: [PG, FASTIFY, 'express'], settings: { pg: { enhancedDatabaseReporting: true } } },
  );
  t.deepEqual([names, lines], [['pg', 'fastify'], []]);
  t.deepEqual(made, [
    { name: 'pg', from: PG, config: { enhancedDatabaseReporting: true } },
    { name: 'fastify', from: FASTIFY, config: { registerOnInitialization: true } },
  ]);
});

test('one that is switched off, and one that we have built in, are not loaded', async (t) => {
  const http = '@opentelemetry/instrumentation-http';
  const { names, lines } = await load(
    t,
    { [PG]: 'throw new Error("loaded")', [http]: 'throw new Error("loaded")' },
    { dependencies: [PG, http], builtIn: ['http'], unwanted: ['pg'] },
  );
  t.deepEqual([names, lines], [[], []]);
});

test('one that is listed and not there, or does not load, is named with the command that helps; the app runs', async (t) => {
  const broken = '@opentelemetry/instrumentation-redis';
  const { names, lines } = await load(
    t,
    { [broken]: "throw new Error('needs Node 24\\nand more')" },
    { dependencies: [PG, broken] },
  );
  t.deepEqual(names, []);
  t.is(lines.length, 2);
  t.like(lines[0], { level: 'warn', package: PG, fix: `npm i ${PG}` });
  t.like(lines[1], { level: 'warn', package: broken, why: 'needs Node 24' });
});

test('one of the development that production has not installed is no fault; one that is broken is', async (t) => {
  const broken = '@opentelemetry/instrumentation-redis';
  const { lines } = await load(
    t,
    { [broken]: "require('its-own-dependency')" },
    { devDependencies: [PG], dependencies: [broken] },
  );
  t.is(lines.length, 1);
  t.like(lines[0], { package: broken });
});

/** The package of all of them: makes one for each name of its list, unless it is switched off. */
const auto = (...names: readonly string[]) => `
exports.getNodeAutoInstrumentations = (config) => ${JSON.stringify(names)}
  .filter((name) => config[name]?.enabled !== false)
  .map((name) => ({ instrumentationName: name, config: config[name] ?? {}, _modules: [] }));`;

test('the package of all has the settings by their long names, and makes none twice', async (t) => {
  const http = '@opentelemetry/instrumentation-http';
  const redis = '@opentelemetry/instrumentation-redis';
  const { names, made } = await load(
    t,
    { [AUTO]: auto(http, PG, redis), [PG]: instrumentation('PgInstrumentation', PG) },
    { dependencies: [AUTO, PG], builtIn: ['http'], settings: { redis: { requireParentSpan: true } } },
  );
  t.deepEqual(names, ['pg', 'auto(1)']);
  t.deepEqual(made.at(-1), { name: 'redis', from: redis, config: { requireParentSpan: true } });
});

test('another directory brings what the app has not; where it has nothing that is no word', async (t) => {
  const { names, made, lines } = await load(
    t,
    {
      [PG]: instrumentation('PgInstrumentation', PG),
      [`other:${AUTO}`]: auto(PG, '@opentelemetry/instrumentation-koa'),
    },
    { dependencies: [PG], from: ['other', 'nothing-here'] },
  );
  t.deepEqual([names, lines], [['pg', 'auto(1)'], []]);
  t.deepEqual(
    made.map(({ name }) => name),
    ['pg', 'koa'],
  );
});

test('an ES module with a top-level await is imported where require cannot', async (t) => {
  const esm = '@opentelemetry/instrumentation-esm';
  const root = tree(t, {
    'package.json': '{}',
    [`node_modules/${esm}/package.json`]: '{"type":"module","main":"index.js"}',
    [`node_modules/${esm}/index.js`]: `await null;
export class EsmInstrumentation { constructor(config) { this.config = config; } }`,
  });
  const { log, lines } = keptLog();
  const app = { dir: root, name: 'shop', version: '1', dependencies: [esm], devDependencies: [], imports: false };
  const found = await loadFromApp({ app, log, settings: {}, wanted: () => true, builtIn: [], from: [] });
  t.deepEqual([found.names, lines()], [['esm'], []]);
});

test('a module that was there before its instrumentation is named with its file: it stays as it is', async (t) => {
  const root = tree(t, {
    'package.json': '{}',
    'node_modules/early/index.js': 'exports.early = true;',
    [`node_modules/${PG}/index.js`]: `require('early');${instrumentation('PgInstrumentation', PG, ['early', 'later'])}`,
    'first.cjs': "require('early');",
  });
  await import(join(root, 'first.cjs'));
  const { log, lines } = keptLog();
  const app = { dir: root, name: 'shop', version: '1', dependencies: [PG], devDependencies: [], imports: false };
  await loadFromApp({ app, log, settings: {}, wanted: () => true, builtIn: [], from: [] });
  t.is(lines().length, 1);
  t.like(lines()[0], { level: 'warn', module: 'early', file: join(root, 'node_modules/early/index.js') });
});

test('a package whose hook for imports cannot be found says so to who asks', async (t) => {
  const root = tree(t, { [`node_modules/${PG}/index.js`]: '' });
  await t.throwsAsync(hookImports(join(root, 'node_modules', PG, 'index.js'), keptLog().log), {
    code: 'MODULE_NOT_FOUND',
  });
});
