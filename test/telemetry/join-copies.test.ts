import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import * as own from '@opentelemetry/api';
import { NodeTracerProvider, type SpanProcessor } from '@opentelemetry/sdk-trace-node';
import test, { type ExecutionContext } from 'ava';
import { API_GLOBAL, processWide } from '../../src/contract/process-wide.js';
import { compareVersions, copySeenFrom, importCopy, loadedCopies } from '../../src/telemetry/api-copies.js';
import { joinProvider, verifyJoined } from '../../src/telemetry/join.js';
import { copyPackage } from '../helpers/app-folder.js';
import { tree } from '../helpers/tree.js';
import { keptLog } from '../supervisor/kept-log.js';

type Api = typeof own;
const require = createRequire(import.meta.url);

/** A provider, and the names of the spans that were started with it. */
function providing() {
  const names: string[] = [];
  const processor: SpanProcessor = {
    onStart: ({ name }) => void names.push(name),
    onEnd: () => undefined,
    forceFlush: async () => undefined,
    shutdown: async () => undefined,
  };
  const seen = () => names.filter((name) => name !== 'kf-cluster.join');
  return { provider: new NodeTracerProvider({ spanProcessors: [processor] }), seen };
}

/** An app with a copy of the api of its own, loaded. Each test's is another file, so another copy. */
function appWith(t: ExecutionContext, alias: string, change: (dir: string) => void = () => undefined) {
  const dir = tree(t, { 'package.json': '{"name":"shop"}', 'app.cjs': '' });
  const copy = join(dir, 'node_modules', '@opentelemetry', 'api');
  copyPackage(alias, copy);
  change(copy);
  const script = join(dir, 'app.cjs');
  const api = createRequire(script)('@opentelemetry/api') as Api;
  t.teardown(() => {
    for (const file of Object.keys(require.cache)) if (file.startsWith(dir)) delete require.cache[file];
    delete processWide[API_GLOBAL];
  });
  return { dir, copy, script, api };
}

test.serial('both copies see the provider, and the span of one is the active one of the other', async (t) => {
  const { provider, seen } = providing();
  for (const alias of ['otel-api-1.9', 'otel-api-1.10']) {
    const { script, api, dir } = appWith(t, alias);
    const { joined, problems } = await joinProvider(provider, { script });
    t.deepEqual(problems, []);
    t.is(joined.length, 2, joined.join());
    t.true(joined.some((text) => text.includes(dir)));
    const span = api.trace.getTracer('app').startSpan(alias);
    api.context.with(api.trace.setSpan(api.context.active(), span), () => {
      t.is(own.trace.getActiveSpan()?.spanContext().spanId, span.spanContext().spanId);
    });
    for (const file of Object.keys(require.cache)) if (file.startsWith(dir)) delete require.cache[file];
  }
  t.deepEqual(seen(), ['otel-api-1.9', 'otel-api-1.10']);
});

test.serial(
  'the table has the version of the app’s copy, so that the app may register what else it wants',
  async (t) => {
    const { script, api } = appWith(t, 'otel-api-1.10');
    await joinProvider(providing().provider, { script });
    t.is(processWide[API_GLOBAL]?.version, '1.10.0');
    t.true(api.metrics.setGlobalMeterProvider({ getMeter: () => ({}) as never }));
  },
);

test.serial('what was registered before stays: a propagator, a context manager, meters', async (t) => {
  const { script } = appWith(t, 'otel-api-1.9');
  const propagator = { inject: () => undefined, extract: (context: own.Context) => context, fields: () => ['x-own'] };
  own.propagation.setGlobalPropagator(propagator);
  const meters = { getMeter: () => ({}) as never };
  own.metrics.setGlobalMeterProvider(meters);
  await joinProvider(providing().provider, { script });
  t.deepEqual(own.propagation.fields(), ['x-own']);
  t.is(own.metrics.getMeterProvider(), meters);
  const { provider } = providing();
  const other = { getMeter: () => ({}) as never };
  await joinProvider(provider, { script, others: { meterProvider: other } });
  t.is(own.metrics.getMeterProvider(), other, 'what comes with the provider takes its place');
});

test.serial('a copy of a pre-release, which accepts itself alone, is named with the command that helps', async (t) => {
  const { script, dir } = appWith(t, 'otel-api-1.9', (copy) => {
    const file = join(copy, 'build/src/version.js');
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replace("'1.9.0'", "'1.9.0-dev'"));
    writeFileSync(join(copy, 'package.json'), '{"version":"1.9.0-dev","main":"build/src/index.js"}');
  });
  const { problems, joined } = await joinProvider(providing().provider, { script });
  t.is(joined.length, 1, 'ours sees it all the same');
  t.true(problems.some((text) => text.includes(`1.9.0-dev ${dir}`) && text.includes('npm dedupe')));
});

test.serial('a copy that is loaded after the join is looked at when the app is ready', async (t) => {
  const { provider } = providing();
  const first = appWith(t, 'otel-api-1.9');
  const before = await joinProvider(provider, { script: first.script });
  const nested = join(first.dir, 'node_modules', 'lib', 'node_modules', '@opentelemetry', 'api');
  copyPackage('otel-api-1.10', nested);
  createRequire(join(nested, '..', '..', 'x.js'))('@opentelemetry/api');
  const after = await verifyJoined({ script: first.script });
  t.is(after.joined.length, before.joined.length + 1);
  t.deepEqual(after.problems, []);
  t.is(processWide[API_GLOBAL]?.version, '1.10.0', 'the newest copy can read it too');
});

test.serial('the build for ES modules of the app’s copy is looked at for an app that is one', async (t) => {
  const { script, dir } = appWith(t, 'otel-api-1.10');
  const esm = script.replace('.cjs', '.mjs');
  writeFileSync(esm, '');
  await joinProvider(providing().provider, { script: esm });
  const { joined, problems } = await verifyJoined({ script: esm });
  t.deepEqual(problems, []);
  t.true(joined.some((text) => text.startsWith(`1.10.0 ${dir}`) && text.endsWith('(ESM)')));
});

test.serial(
  'with telemetry auto an app’s own provider takes the place, and nothing of ours is proven any more',
  async (t) => {
    const { script, api } = appWith(t, 'otel-api-1.9');
    const [ours, theirs] = [providing(), providing()];
    const { log, lines } = keptLog();
    await joinProvider(ours.provider, { script, log, yields: true });
    const early = api.trace.getTracer('an instrumentation of the app');
    t.true(api.trace.setGlobalTracerProvider(theirs.provider));
    early.startSpan('after');
    t.deepEqual([ours.seen(), theirs.seen()], [[], ['after']]);
    t.true(lines().some(({ event }) => event === 'telemetry-steps-back'));
    t.deepEqual(await verifyJoined({ script }), { joined: [], problems: [] });
  },
);

test('the copy that code sees is the nearest one above it; a folder without a version is none', (t) => {
  const api = join('node_modules', '@opentelemetry', 'api', 'package.json');
  const dir = tree(t, {
    [api]: '{"version":"1.9.0"}',
    [join('lib', api)]: '{"version":"1.10.0"}',
    [join('lib', 'deep', api)]: '{"name":"half an installation"}',
    'lib/deep/er/file.js': '',
  });
  t.like(copySeenFrom(join(dir, 'lib', 'deep', 'er')), { version: '1.10.0' });
  t.like(copySeenFrom(dir), { version: '1.9.0', dir: join(dir, 'node_modules', '@opentelemetry', 'api') });
});

test('versions are compared by number; what stands behind them is left out', (t) => {
  const order = ['1.2.10', '1.9.0', '1.9.1', '1.10.0', '2.0.0'];
  t.deepEqual([...order].reverse().sort(compareVersions), order);
  t.is(compareVersions('1.9.0-dev', '1.9.0'), 0);
  t.true(compareVersions('1.9', '1.9.1') < 0);
});

test.serial('of each copy its entry file is found, and its build for ES modules where it has one', async (t) => {
  const { dir, copy } = appWith(t, 'otel-api-1.10');
  const found = loadedCopies().filter((one) => one.copy.dir.startsWith(dir));
  t.deepEqual(
    found.map(({ copy: { version } }) => version),
    ['1.10.0'],
  );
  const esm = await importCopy({ dir: copy, version: '1.10.0' });
  t.is(typeof esm.trace.getTracer, 'function');
  t.not(esm.trace, found[0]!.api.trace);
});
