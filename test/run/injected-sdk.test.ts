import { mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { API_GLOBAL, processWide } from '../../src/contract/process-wide.js';
import { setInjectedSdkAside } from '../../src/run/injected.js';
import { setAside } from '../../src/run/provider-check.js';
import { privateDir } from '../helpers/cluster.js';
import { keptLog } from '../supervisor/kept-log.js';

// One after the other: the environment, the arguments of Node and the provider are the process's.

const NAMES = ['NODE_OPTIONS', 'KF_CLUSTER_INSTRUMENTATIONS_FROM'];

/** An app's directory with files, as the working directory; the environment is put back behind the test. */
function place(t: ExecutionContext, files: Readonly<Record<string, string>> = {}): string {
  const dir = realpathSync(privateDir(t));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(dir, name, '..'), { recursive: true });
    writeFileSync(join(dir, name), text);
  }
  const [cwd, before, { execArgv }] = [process.cwd(), { ...process.env }, process];
  for (const name of Object.keys(process.env))
    if (name.startsWith('OTEL_') || NAMES.includes(name)) delete process.env[name];
  process.chdir(dir);
  process.execArgv = [];
  t.teardown(() => {
    process.chdir(cwd);
    process.execArgv = execArgv;
    for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
    Object.assign(process.env, before);
  });
  return dir;
}

const NODE_SDK = "const { NodeSDK } = require('@opentelemetry/sdk-node');";
const NAMED = '@opentelemetry/auto-instrumentations-node/register';

for (const [what, options, files, isTaken] of [
  ["the name of upstream's package", `--require ${NAMED}`, {}, true],
  [
    'a file that sets one up',
    '--require ./tracing.js --require ./other.js',
    { 'tracing.js': NODE_SDK, 'other.js': '' },
    true,
  ],
  [
    'a file that loads one from beside it',
    '--import ./start.mjs --require ./other.js',
    { 'start.mjs': "import './lib/sdk.mjs';", 'lib/sdk.mjs': NODE_SDK, 'other.js': '' },
    true,
  ],
  ['the only preload that there is', '--require ./plain.js', { 'plain.js': '' }, true],
  [
    'one of two that show nothing',
    '--require ./plain.js --require ./other.js',
    { 'plain.js': '', 'other.js': '' },
    false,
  ],
  ['our own', '--import /app/node_modules/kf-cluster/dist/bundle/register.js', {}, false],
  ['an option that is no preload', '--max-old-space-size=512', {}, false],
] as const) {
  test.serial(`what of NODE_OPTIONS is taken for an injected SDK: ${what}`, (t) => {
    place(t, files);
    process.env.NODE_OPTIONS = options;
    t.is(setInjectedSdkAside(false) !== undefined, isTaken);
    if (!isTaken) t.is(process.env.NODE_OPTIONS, options);
  });
}

test.serial('in a program of the user one preload alone is no sign', (t) => {
  place(t, { 'plain.js': '' });
  process.env.NODE_OPTIONS = '--require ./plain.js';
  t.is(setInjectedSdkAside(true), undefined);
});

test.serial('its preload is taken out, all else of NODE_OPTIONS stays, and what has its own is given back', (t) => {
  place(t, { 'tracing.js': NODE_SDK, 'other.js': '' });
  const before = '--require ./tracing.js --max-old-space-size=512 --require ./other.js';
  process.env.NODE_OPTIONS = before;
  const sdk = setInjectedSdkAside(true);
  t.is(process.env.NODE_OPTIONS, '--max-old-space-size=512 --require ./other.js');
  t.is(process.env.OTEL_EXPORTER_OTLP_PROTOCOL, 'http/protobuf', 'as a NodeSDK assumes');
  sdk?.giveBack();
  t.is(process.env.NODE_OPTIONS, before);
  t.is(process.env.OTEL_EXPORTER_OTLP_PROTOCOL, undefined);
});

for (const [what, files, env, protocol] of [
  ['it says one', { 'tracing.js': NODE_SDK }, { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, 'grpc'],
  [
    'its file names the exporter',
    { 'tracing.js': `${NODE_SDK} require('@opentelemetry/exporter-trace-otlp-grpc')` },
    {},
    undefined,
  ],
  [
    'its endpoint has the port of gRPC',
    { 'tracing.js': NODE_SDK },
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4317' },
    undefined,
  ],
  ['nothing says it', { 'tracing.js': NODE_SDK }, { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318' }, 'http/protobuf'],
] as const) {
  test.serial(`by which protocol it would have sent is kept: ${what}`, (t) => {
    place(t, files);
    Object.assign(process.env, env, { NODE_OPTIONS: '--require ./tracing.js' });
    t.truthy(setInjectedSdkAside(true));
    t.is(process.env.OTEL_EXPORTER_OTLP_PROTOCOL, protocol);
  });
}

test.serial(
  'instrumentation packages beside it are looked for where its file stands, unless somebody has said where',
  (t) => {
    const dir = place(t, { 'sdk/tracing.js': NODE_SDK });
    process.env.NODE_OPTIONS = `--import ${pathToFileURL(join(dir, 'sdk/tracing.js')).href}`;
    const sdk = setInjectedSdkAside(true);
    t.is(process.env.KF_CLUSTER_INSTRUMENTATIONS_FROM, join(dir, 'sdk'));
    sdk?.giveBack();
    process.env.KF_CLUSTER_INSTRUMENTATIONS_FROM = '/mine';
    t.truthy(setInjectedSdkAside(true));
    t.is(process.env.KF_CLUSTER_INSTRUMENTATIONS_FROM, '/mine');
  },
);

test.serial('a flag of Node counts as NODE_OPTIONS does', (t) => {
  place(t, { 'tracing.js': NODE_SDK });
  process.execArgv = ['--require', './tracing.js'];
  t.truthy(setInjectedSdkAside(true));
});

for (const [telemetry, stays, event] of [
  [true, false, { event: 'injected-sdk', stays: false }],
  ['auto', true, { event: 'injected-sdk', stays: true }],
  [false, true, undefined],
] as const) {
  test.serial(`with telemetry ${telemetry} workers ${stays ? 'load it as before' : 'have ours in its place'}`, (t) => {
    place(t, { 'tracing.js': NODE_SDK });
    process.env.NODE_OPTIONS = '--require ./tracing.js';
    const { log, lines } = keptLog();
    setInjectedSdkAside(true)?.settle({ telemetry }, log);
    t.is(Reflect.get(process.env, 'NODE_OPTIONS'), stays ? '--require ./tracing.js' : undefined);
    if (event) t.like(lines()[0], event);
    else t.deepEqual(lines(), []);
  });
}

test.serial('it is looked for only where a provider is registered, which is shut down then', async (t) => {
  place(t, { 'tracing.js': NODE_SDK });
  process.env.NODE_OPTIONS = '--require ./tracing.js';
  const before = processWide[API_GLOBAL];
  t.teardown(() => Object.assign(processWide, { [API_GLOBAL]: before }));
  delete processWide[API_GLOBAL];
  t.is(await setAside({ inCode: true }), undefined);
  let ended = 0;
  Object.assign(processWide, { [API_GLOBAL]: { trace: { shutdown: () => ended++ } } });
  t.truthy(await setAside({ inCode: true }));
  t.deepEqual([ended, processWide[API_GLOBAL]], [1, undefined]);
});
