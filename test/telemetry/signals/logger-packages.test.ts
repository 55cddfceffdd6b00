import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { AppPackage } from '../../../src/telemetry/app-package.js';
import { bringsItself, instrumentLoggers } from '../../../src/telemetry/signals/loggers.js';
import { privateDir } from '../../helpers/cluster.js';
import { keptLog } from '../../supervisor/kept-log.js';

const PREFIX = '@opentelemetry/instrumentation-';
const AUTO = '@opentelemetry/auto-instrumentations-node';
const fromHere = createRequire(import.meta.url);

/** An app in an empty directory that has these dependencies. */
function appWith(t: ExecutionContext, ...dependencies: readonly string[]) {
  const dir = privateDir(t);
  writeFileSync(join(dir, 'package.json'), '{}');
  const app: AppPackage = {
    ...{ dir, name: 'app', version: undefined, dependencies, devDependencies: [], imports: false },
  };
  const place = (name: string) => {
    const path = join(dir, 'node_modules', name);
    mkdirSync(dirname(path), { recursive: true });
    return path;
  };
  return {
    app,
    /** The real package, as an installer that links puts it there. */
    link: (name: string) => symlinkSync(dirname(fromHere.resolve(`${name}/package.json`)), place(name)),
    /** A package with this code. */
    write: (name: string, code: string, manifest: object = {}) => {
      const path = place(name);
      mkdirSync(path);
      writeFileSync(join(path, 'package.json'), JSON.stringify({ name, main: 'index.js', ...manifest }));
      writeFileSync(join(path, 'index.js'), code);
    },
  };
}

interface Setting {
  readonly wanted?: (name: string) => boolean;
  readonly correlate?: boolean;
  readonly capture?: boolean;
}

/** What is made for an app, and what is said about it. */
async function instrumented(t: ExecutionContext, app: AppPackage, setting: Setting = {}) {
  const { wanted = () => true, correlate = true, capture = false } = setting;
  const { log, lines } = keptLog();
  const { names, made } = await instrumentLoggers({ app, log, wanted, correlate, capture });
  t.teardown(() => {
    for (const { instrumentation } of made) instrumentation.disable();
  });
  const configs = made.map(({ instrumentation }) => instrumentation.getConfig());
  return { names, packages: made.map((one) => one.package), configs, lines: lines() };
}

test.serial('an app that has no such package gets those that are beside us', async (t) => {
  const { app } = appWith(t, 'pino', 'winston');
  t.like(await instrumented(t, app), {
    names: ['pino', 'winston'],
    packages: [`${PREFIX}pino`, `${PREFIX}winston`],
    lines: [],
  });
});

test.serial('ids in lines and lines as records are wishes of their own', async (t) => {
  const { app } = appWith(t);
  for (const [correlate, capture] of [
    [true, false],
    [false, true],
  ] as const) {
    const { configs } = await instrumented(t, app, { correlate, capture });
    t.is(configs.length, 2);
    for (const config of configs) t.like(config, { disableLogCorrelation: !correlate, disableLogSending: !capture });
  }
});

test.serial('what is not wanted is not made; what the app brings is left to it', async (t) => {
  const { app } = appWith(t, `${PREFIX}pino`);
  t.deepEqual((await instrumented(t, app)).names, ['winston']);
  t.deepEqual((await instrumented(t, app, { wanted: (name) => name === 'pino' })).names, []);
  t.true(bringsItself(app, 'pino'));
  t.false(bringsItself(app, 'winston'));
  const { app: withAll } = appWith(t, AUTO);
  t.deepEqual((await instrumented(t, withAll)).names, []);
});

test.serial(
  'where the app sees one of them it is loaded as the app sees it, and one that is missing for its logger is named',
  async (t) => {
    const { app, link } = appWith(t, 'pino');
    link(`${PREFIX}winston`);
    const { names, lines } = await instrumented(t, app);
    t.deepEqual(names, ['winston']);
    t.is(lines.length, 1);
    t.like(lines[0], { level: 'warn', fix: `npm install ${PREFIX}pino` });
  },
);

test.serial('what is missing for a logger that the app does not have is nobody’s matter', async (t) => {
  const { app, link } = appWith(t, 'winston');
  link(`${PREFIX}winston`);
  t.like(await instrumented(t, app), { names: ['winston'], lines: [] });
});

test.serial(
  'records of winston need its transport too: the command installs both, where records are wanted',
  async (t) => {
    const { app, link } = appWith(t, 'winston');
    link(`${PREFIX}pino`);
    const { lines: captured } = await instrumented(t, app, { capture: true });
    t.is(captured[0]?.fix, `npm install ${PREFIX}winston @opentelemetry/winston-transport`);
    const { lines: correlated } = await instrumented(t, app, { capture: false });
    t.is(correlated[0]?.fix, `npm install ${PREFIX}winston`);
  },
);

test.serial('a package that hides its code counts as missing', async (t) => {
  const { app, link, write } = appWith(t, 'pino');
  link(`${PREFIX}winston`);
  write(`${PREFIX}pino`, '', { exports: { './other': './index.js' } });
  const { names, lines } = await instrumented(t, app);
  t.deepEqual(names, ['winston']);
  t.like(lines[0], { fix: `npm install ${PREFIX}pino` });
});

for (const [what, code, why] of [
  ['throws when it is loaded', "throw new Error('for Node 30\\nRequire stack');", 'for Node 30'],
  ['has no such class', 'module.exports = {};', undefined],
  ['throws when it is made', "exports.PinoInstrumentation = class { constructor() { throw 'no'; } };", 'no'],
] as const) {
  test.serial(
    `a package that ${what} is named, and keeps neither the app nor the other one from starting`,
    async (t) => {
      const { app, link, write } = appWith(t, 'pino', 'winston');
      write(`${PREFIX}pino`, code);
      link(`${PREFIX}winston`);
      const { names, packages, lines } = await instrumented(t, app);
      t.deepEqual([names, packages], [['winston'], [`${PREFIX}winston`]]);
      t.is(lines.length, 1);
      t.like(lines[0], { level: 'warn', package: `${PREFIX}pino`, ...(why && { why }) });
    },
  );
}

test.serial('a logger that was loaded before is named with its file: it stays without ids', async (t) => {
  const { app, link } = appWith(t, 'pino');
  link(`${PREFIX}pino`);
  t.deepEqual((await instrumented(t, app)).lines, []);
  const file = fromHere.resolve('pino');
  fromHere('pino');
  const { names, lines } = await instrumented(t, app);
  t.deepEqual(names, ['pino']);
  t.is(lines.length, 1);
  t.like(lines[0], { level: 'warn', module: 'pino' });
  t.true(String(lines[0]?.file).startsWith(dirname(file)));
});
