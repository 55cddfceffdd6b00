import { createRequire } from 'node:module';
import { ProxyTracerProvider } from '@opentelemetry/api';
import type { LoggerProvider } from '@opentelemetry/api-logs';
import type { Instrumentation } from '@opentelemetry/instrumentation';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import type { OtherProviders, WorkerProvider } from '../../hooks/types.js';
import type { InstrumentationState } from '../contract/instrumentation-state.js';
import type { Log } from '../contract/log.js';
import { keysOf } from '../contract/table-keys.js';
import type { Env } from '../otel-env/read-variable.js';
import type { AppPackage } from './app-package.js';
import type { HttpMaker, HttpSettings, InstrumentationSettings } from './built-in-options.js';
import { patchBuiltins, restoreBuiltins } from './builtin-patches.js';
import { guardPatches } from './guard-patches.js';
import { httpConfig, undiciConfig } from './http/http-settings.js';
import { Http2Instrumentation } from './http/http2.js';
import { ServerSpans } from './http/server-spans.js';
import { createFilter } from './instrumentation-filter.js';
import { definitionsOf, type Made, statesOf } from './instrumentation-states.js';
import { reportOtherAgents } from './other-agents.js';
import type { Registration } from './registrations.js';
import { loadFromApp } from './third-party.js';

interface InstrumentOptions extends HttpSettings {
  /** Who makes the SERVER spans of node:http and node:https. Default `builtin`; `upstream`: @opentelemetry/instrumentation-http. */
  readonly httpInstrumentation?: HttpMaker | undefined;
  /** Whether a span has its attributes when it starts: for who keeps what has started. */
  readonly attributesAtStart?: boolean | undefined;
  readonly settings: InstrumentationSettings;
  /** Directories outside of the app that bring instrumentations too. */
  readonly from: readonly string[];
  /** Made elsewhere: they are not made again. */
  readonly made: readonly Made[];
}

/** By short name, from what is set for all of HTTP and for itself. */
const BUILT_IN = {
  http: (shared, own) => new HttpInstrumentation({ ...httpConfig(shared), ...own }),
  http2: (shared, own) => new Http2Instrumentation({ ...shared, ...own }),
  undici: (_shared, own) => new UndiciInstrumentation({ ...undiciConfig(), ...own }),
} as const satisfies Record<string, (shared: HttpSettings, own: object) => Instrumentation>;

/** Settings of upstream's instrumentation for which ours has nothing: with one of them the SERVER spans are upstream's too. */
const UPSTREAMS_OWN = [
  ...[
    'requestHook',
    'responseHook',
    'startIncomingSpanHook',
    'applyCustomAttributesOnSpan',
    'ignoreIncomingRequestHook',
  ],
  ...['requireParentforIncomingSpans', 'enableSyntheticSourceDetection', 'redactedQueryParamsServer'],
  ...['headersToSpanAttributes', 'disableIncomingRequestInstrumentation', 'enabled'],
];

/** CLIENT spans are upstream's in any case. */
function httpOf(options: InstrumentOptions, own: object): Instrumentation[] {
  const ours = options.httpInstrumentation !== 'upstream' && !UPSTREAMS_OWN.some((name) => name in own);
  if (!ours) return [BUILT_IN.http(options, own)];
  const client = new HttpInstrumentation({
    ...httpConfig(options),
    ...own,
    disableIncomingRequestInstrumentation: true,
  });
  return [client, new ServerSpans(options)];
}

/** The package of those that are built in. */
const OURS = 'kf-cluster';
const active: Made[] = [];
const require = createRequire(import.meta.filename);

/** Instruments node:http, node:https, node:http2, undici and fetch, and what the app brings. Returns the short names, for the log. */
export async function instrument(app: AppPackage, env: Env, log: Log, options: InstrumentOptions): Promise<string[]> {
  const { settings, from, made } = options;
  active.push(...made);
  const wanted = createFilter(env);
  const names = keysOf(BUILT_IN).filter(wanted);
  const builtIn = names.flatMap((name): Made[] => {
    const own = settings[name] ?? {};
    const made = name === 'http' ? httpOf(options, own) : [BUILT_IN[name](options, own)];
    return made.map((instrumentation, at) => ({
      name: at > 0 ? `${name}-server` : name,
      package: OURS,
      instrumentation,
      before: new Set(),
    }));
  });
  guardPatches([...made, ...builtIn], log);
  patchBuiltins(builtIn.map(({ instrumentation }) => instrumentation));
  const taken = [...Object.keys(BUILT_IN), ...made.map(({ name }) => name)];
  const found = await loadFromApp({ app, log, settings, wanted, builtIn: taken, from });
  active.push(...builtIn, ...found.made);
  return [...names, ...found.names];
}

/** The files of the CommonJS modules of this process. */
export function loadedFiles(): string[] {
  return Object.keys(require.cache);
}

/** What has become of each of them so far. */
export function instrumentationStates(): readonly InstrumentationState[] {
  return statesOf(active, loadedFiles());
}

/**
 * Says once, when the app has loaded what it needs to serve, which instrumentations that it lists have patched nothing and why,
 * and which other agent traces beside us.
 *
 * @param listed the packages that the app lists
 * @param registered a tracer provider that the app has registered
 */
export function reportInstrumentations(
  log: Log,
  listed: readonly string[],
  registered: Registration | undefined,
): void {
  if (registered?.taken) return;
  const files = loadedFiles();
  reportOtherAgents(log, files, registered);
  for (const { package: from, state, why } of statesOf(active, files)) {
    // What was loaded before was said as it happened.
    if (state === 'version' || state === 'unseen') log.warn('instrumentation patches nothing', { package: from, why });
    // What we bring nobody has asked for: an app lists us, and uses node:http2 or not.
    if (state === 'not-loaded' && from !== OURS && listed.includes(from)) {
      log.info('instrumentation has patched nothing so far', { package: from, why });
    }
  }
}

/** Takes in instrumentations that were made elsewhere. */
export function addInstrumentations(made: readonly Made[]): void {
  active.push(...made);
}

/** Takes all of them out of this process: another SDK has its own. */
export function withdrawInstrumentations(): void {
  restoreBuiltins();
  for (const { instrumentation, package: from } of active.splice(0)) {
    // Those of Node's modules are restored already, and nothing is to be unpatched a second time.
    if (from === OURS) for (const one of definitionsOf(instrumentation)) one.moduleExports = undefined;
    instrumentation.disable();
    instrumentation.setTracerProvider(new ProxyTracerProvider());
  }
}

/** Lets all instrumentations write to these providers from now on. */
export function retarget(provider: WorkerProvider, { meterProvider, loggerProvider }: OtherProviders = {}): void {
  for (const { instrumentation } of active) {
    instrumentation.setTracerProvider(provider);
    if (meterProvider) instrumentation.setMeterProvider(meterProvider);
    if (loggerProvider) instrumentation.setLoggerProvider?.(loggerProvider as LoggerProvider);
  }
}
