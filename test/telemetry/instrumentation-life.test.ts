import http from 'node:http';
import { syncBuiltinESMExports } from 'node:module';
import type { TracerProvider } from '@opentelemetry/api';
import type { Instrumentation } from '@opentelemetry/instrumentation';
import test from 'ava';
import { patchBuiltins, restoreBuiltins } from '../../src/telemetry/builtin-patches.js';
import { guardPatches } from '../../src/telemetry/guard-patches.js';
import { patchEither } from '../../src/telemetry/import-of-commonjs.js';
import { definitionsOf, fileOf, type Made, statesOf } from '../../src/telemetry/instrumentation-states.js';
import {
  addInstrumentations,
  instrumentationStates,
  reportInstrumentations,
  retarget,
  withdrawInstrumentations,
} from '../../src/telemetry/instrumentations.js';
import { keptLog } from '../supervisor/kept-log.js';

interface Definition {
  readonly name: string;
  readonly supportedVersions?: readonly string[];
  readonly moduleVersion?: string;
  moduleExports?: unknown;
  patch?: (exports: never) => unknown;
  readonly files?: readonly { readonly name: string; readonly moduleExports?: unknown }[];
}

/** One of these modules, and what it was told. */
function instrumentation(modules: readonly Definition[], more: object = {}) {
  const heard: [string, unknown?][] = [];
  const one = {
    ...{ instrumentationName: 'test', instrumentationVersion: '1', _modules: modules },
    ...{ enable: () => heard.push(['enable']), disable: () => heard.push(['disable']) },
    setTracerProvider: (provider: unknown) => heard.push(['tracers', provider]),
    setMeterProvider: (provider: unknown) => heard.push(['meters', provider]),
    ...more,
  };
  return { heard, one: one as unknown as Instrumentation };
}

function made(modules: readonly Definition[], more: Partial<Made> = {}): Made {
  const { one } = instrumentation(modules);
  return { name: 'pg', package: '@opentelemetry/instrumentation-pg', instrumentation: one, before: new Set(), ...more };
}

const FILE = '/srv/node_modules/pg/lib/index.js';

for (const [what, definition, before, loaded, state] of [
  ['patched', { moduleExports: {} }, [], [FILE], 'patched'],
  [
    'patched in a file of it',
    { files: [{ name: 'pg/a' }, { name: 'pg/b', moduleExports: {} }] },
    [],
    [FILE],
    'patched',
  ],
  ['there before it', {}, [FILE], [FILE], 'loaded-before'],
  ['of another version', { moduleVersion: '99.0.0', supportedVersions: ['>=8 <9'] }, [], [FILE], 'version'],
  ['not loaded', { files: [{ name: 'pg/a' }] }, [], ['/srv/node_modules/pg-pool/index.js'], 'not-loaded'],
  ['loaded past its hook', {}, [], [FILE], 'unseen'],
] as const) {
  test(`a module that is ${what} is said to be ${state}`, (t) => {
    const [found] = statesOf([made([{ name: 'pg', ...definition }], { before: new Set(before) })], loaded);
    t.is(found!.state, state);
    t.is(found!.modules[0]!.state, state);
    t.is(found!.why === undefined, state === 'patched');
  });
}

test('of a module of Node that the app has not loaded is not said that it may be bundled', (t) => {
  const [found] = statesOf([made([{ name: 'http2' }])], [FILE]);
  t.like(found, { state: 'not-loaded', why: 'the app has not loaded node:http2' });
});

test('one of several modules that is patched is enough; else the one that was found says why', (t) => {
  const none: Definition = { name: 'pg-native' };
  const wrong: Definition = { name: 'pg', moduleVersion: '1.0.0', supportedVersions: ['>=8'] };
  t.like(statesOf([made([none, wrong])], [])[0], { state: 'version' });
  t.like(statesOf([made([none, wrong, { name: 'pg-pool', moduleExports: {} }])], [])[0], { state: 'patched' });
  t.is(statesOf([made([none, wrong])], [])[0]!.modules.length, 2);
  t.like(statesOf([made([])], [])[0], { state: 'patched' }, 'one that patches no module works by itself');
});

test('the modules of those that it is made of are its own', (t) => {
  const inner = instrumentation([{ name: 'redis' }]).one;
  const { one } = instrumentation([{ name: '@redis/client' }], { v3: inner, nothing: null, text: 'x' });
  t.deepEqual(
    definitionsOf(one).map(({ name }) => name),
    ['@redis/client', 'redis'],
  );
  t.deepEqual(definitionsOf({ _modules: 'none' } as unknown as Instrumentation), []);
});

test('a file belongs to a module by the folder of its whole name', (t) => {
  const files = ['/a/node_modules/pg-pool/i.js', '/a/node_modules/@scope/pg/i.js', '/a/pg/i.js'];
  t.is(fileOf('pg', files), undefined);
  t.is(fileOf('@scope/pg', files), files[1]);
});

test('of a namespace that a CommonJS module was made into, names follow what is patched below default', (t) => {
  const own: Record<string, unknown> = { query: 'plain', other: 1 };
  const namespace = Object.assign({ default: own, query: 'plain', other: 1 }, { [Symbol.toStringTag]: 'Module' });
  const patch = (exports: unknown) => {
    const given = exports as Record<string, unknown>;
    if (given !== own) throw new Error('knows module.exports alone');
    given.query = 'traced';
    return given;
  };
  t.is(patchEither(patch, 'any', namespace, '1.0.0'), own);
  t.like(namespace, { query: 'traced', other: 1 });
  t.is(own.query, 'traced');
  const seen: unknown[] = [];
  const knowsBoth = (exports: unknown) => void seen.push(exports);
  patchEither(knowsBoth, 'any', namespace, '1.0.0');
  patchEither(knowsBoth, '@opentelemetry/instrumentation-connect', namespace, '1.0.0');
  patchEither(knowsBoth, 'any', own, '1.0.0');
  t.deepEqual(seen, [namespace, own, own]);
  t.is(
    patchEither((exports) => exports, 'any', 7, undefined),
    7,
  );
});

test.serial(
  'functions of Node are patched in place for require and import alike, and put back as they were',
  async (t) => {
    const before = http.get;
    const traced = () => 'traced';
    const definition: Definition = {
      name: 'http',
      patch: (exports: { get: unknown }) => {
        exports.get = traced;
      },
    };
    patchBuiltins([instrumentation([definition]).one]);
    t.is(http.get as unknown, traced);
    t.is((await import('node:http')).get as unknown, traced);
    t.is(definition.moduleExports, http);
    restoreBuiltins();
    t.is(http.get, before);
    t.is((await import('node:http')).get, before);
  },
);

test.serial('what somebody has wrapped since stays when the patches are taken out', (t) => {
  const { get, request } = http;
  t.teardown(() => {
    Object.assign(http, { get, request });
    syncBuiltinESMExports();
  });
  const patch = (exports: { get: unknown; request: unknown }) => {
    exports.get = () => 'traced';
    exports.request = () => 'traced';
  };
  patchBuiltins([instrumentation([{ name: 'http', patch }]).one]);
  const theirs = () => 'theirs';
  Object.assign(http, { get: theirs });
  restoreBuiltins();
  t.is(http.get as unknown, theirs);
  t.is(http.request, request);
  restoreBuiltins();
  t.is(http.get as unknown, theirs);
});

test.serial(
  'all write to the provider that is given last; another SDK in the process switches all of them off',
  (t) => {
    const ours = instrumentation([{ name: 'http', moduleExports: {} }]);
    const brought = instrumentation([{ name: 'pg', moduleExports: {} }]);
    const fields = { before: new Set<string>() };
    addInstrumentations([
      { ...fields, name: 'http', package: 'kf-cluster', instrumentation: ours.one },
      { ...fields, name: 'pg', package: '@opentelemetry/instrumentation-pg', instrumentation: brought.one },
    ]);
    t.deepEqual(
      instrumentationStates().map(({ name, state }) => [name, state]),
      [
        ['http', 'patched'],
        ['pg', 'patched'],
      ],
    );
    const provider = { getTracer: () => ({}) } as unknown as TracerProvider;
    const meterProvider = { getMeter: () => ({}) as never };
    retarget(provider, { meterProvider });
    t.deepEqual(brought.heard, [
      ['tracers', provider],
      ['meters', meterProvider],
    ]);
    withdrawInstrumentations();
    t.deepEqual(
      ours.heard.map(([what]) => what),
      ['tracers', 'meters', 'disable', 'tracers'],
    );
    t.not(ours.heard.at(-1)![1], provider);
    t.deepEqual(instrumentationStates(), []);
    retarget(provider);
    t.is(ours.heard.length, 4, 'what was switched off is not switched on again');
  },
);

test.serial(
  'what works is not said; what is listed and used by nothing is, and what another SDK replaces is not',
  (t) => {
    const { log, lines } = keptLog();
    const one = (name: string, definition: Partial<Definition>) =>
      made([{ name, ...definition }], { name, package: `instrumentation-${name}` });
    addInstrumentations([
      one('works', { moduleExports: {} }),
      one('unused', {}),
      one('unlisted', {}),
      one('old', { moduleVersion: '1.0.0', supportedVersions: ['>=8'] }),
      made([{ name: 'http2' }], { name: 'http2', package: 'kf-cluster' }),
    ]);
    reportInstrumentations(log, [], { taken: true, by: undefined });
    t.deepEqual(lines(), []);
    reportInstrumentations(log, ['kf-cluster', 'instrumentation-unused', 'instrumentation-works'], undefined);
    t.deepEqual(
      lines().map(({ level, package: from }) => [level, from]),
      [
        ['info', 'instrumentation-unused'],
        ['warn', 'instrumentation-old'],
      ],
    );
    withdrawInstrumentations();
  },
);

test('a definition without a patch is left as it is, and files are guarded like their module', (t) => {
  const { log, lines } = keptLog();
  const file: Definition = {
    name: 'pg/lib/a.js',
    patch: () => {
      throw new Error('not this file');
    },
  };
  const definition: Definition = { name: 'pg', files: [file] };
  const one = made([definition]);
  guardPatches([one], log);
  t.is(definition.patch, undefined);
  const exports = { a: 1 };
  t.is(file.patch?.(exports as never), exports);
  t.like(lines()[0], { level: 'warn', module: 'pg/lib/a.js', why: 'not this file' });
  t.like(statesOf([one], [])[0], { state: 'failed' });
});
