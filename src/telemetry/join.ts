import type { ContextManager, TextMapPropagator } from '@opentelemetry/api';
import * as own from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import type { LoggerProvider } from '@opentelemetry/sdk-logs';
import type { OtherProviders, WorkerProvider } from '../../hooks/types.js';
import { isEsmScript } from '../config/module-type.js';
import type { Log } from '../contract/log.js';
import { API_GLOBAL, type ApiTable, processWide } from '../contract/process-wide.js';
import { isRecord } from '../contract/record-guard.js';
import { type Api, compareVersions, copySeenFrom, importCopy, loadedCopies } from './api-copies.js';
import { codeDirOf } from './app-package.js';
import { retarget } from './instrumentations.js';
import { endWatch, otherProvider, takenProvider, watchProvider } from './other-provider.js';
import { createPropagator } from './propagators.js';
import { yieldingProvider } from './yielding-provider.js';

export interface JoinOptions {
  /** Absolute path of the app's script. */
  readonly script: string;
  /** Of its project. Default: the script's own directory. */
  readonly projectDir?: string | undefined;
  /** Default: the one already set, else that of OTEL_PROPAGATORS. */
  readonly propagator?: TextMapPropagator;
  /** Default: the one already set, else one on AsyncLocalStorage. */
  readonly contextManager?: ContextManager;
  /** What becomes global beside it; what is absent stays as it is. */
  readonly others?: OtherProviders;
  /** Says what the app registers beside it, until the app is ready. */
  readonly log?: Log;
  /** Whether a provider that the app registers meanwhile takes its place. Default false. */
  readonly yields?: boolean;
  /** Whether one that does not is said as it happens, where no readiness follows to say it. Default false. */
  readonly atOnce?: boolean;
}

type AppPlace = Pick<JoinOptions, 'script' | 'projectDir'>;

export interface Joined {
  /** The copies proven with a span, as `version path`; the built-in copy is `<version> kf-cluster`. */
  readonly joined: readonly string[];
  /** One text for each copy that cannot see the provider, with the fix; empty when all is well. */
  readonly problems: readonly string[];
}

const FIX = 'install one version for all: npm dedupe, or npm i @opentelemetry/api@1.10';

/**
 * Makes `provider` the global one in every copy of the api that the app can see, and proves it with a span that is
 * never ended, so that it is never exported. A second call replaces the first one's provider.
 *
 * A copy reads the globals only if its minor version is not above the table's, and writes them only if its version is
 * exactly the table's. So the table carries the highest version around: that of the app's copy when it has one, which
 * may then set what else it wants (a meter provider, say). Ours is the lowest and can read in any case.
 */
export async function joinProvider(provider: WorkerProvider, options: JoinOptions): Promise<Joined> {
  endWatch();
  const before = processWide[API_GLOBAL];
  const propagator = options.propagator ?? (isPropagator(before?.propagation) ? before.propagation : undefined);
  const chosen = {
    contextManager:
      options.contextManager ?? (isContextManager(before?.context) ? before.context : newContextManager()),
    propagator: propagator ?? (await createPropagator(process.env)),
  };
  const problems: string[] = [];
  const global = options.yields ? yieldingProvider(provider, () => takenProvider() ?? provider) : provider;
  // Ours comes last: each registration starts a table of its own, and the last one stays.
  const others = otherCopies().map(({ api }) => api);
  for (const api of [...others, own]) {
    if (!registerThrough(api, global, { ...chosen, ...options.others }))
      problems.push(`a copy of @opentelemetry/api refused the provider; ${FIX}`);
  }
  keepOtherEntries(before);
  await setOthers(options.others);
  raiseVersion(options);
  retarget(provider, options.others);
  const proof = await verifyJoined(options, { load: false });
  if (options.log) watchProvider(options.log, { yields: options.yields ?? false, atOnce: options.atOnce ?? false });
  return { joined: proof.joined, problems: [...problems, ...proof.problems] };
}

/**
 * Proves every copy that is loaded by now. To be called again when the app is ready: then nested copies show
 * too, and with `load` the ES module build that an ESM app uses.
 */
export async function verifyJoined(app: AppPlace, { load } = { load: true }): Promise<Joined> {
  endWatch();
  if (otherProvider()?.taken) return { joined: [], problems: [] };
  raiseVersion(app);
  const joined: string[] = [];
  const problems: string[] = [];
  const check = (name: string, api: Api) => {
    if (prove(api)) joined.push(name);
    else problems.push(`@opentelemetry/api ${name} cannot see the provider: its spans go nowhere; fix: ${FIX}`);
  };
  check(`${OWN_VERSION} kf-cluster`, own);
  for (const { copy, api } of otherCopies()) check(`${copy.version} ${copy.dir}`, api);
  const seen = load && isEsmScript(app.script) ? copySeenFrom(codeDirOf(app)) : undefined;
  if (seen && compareVersions(seen.version, '1.10.0') >= 0)
    check(`${seen.version} ${seen.dir} (ESM)`, await importCopy(seen));
  return { joined, problems };
}

/** Unbundled, ours is among the loaded ones. */
function otherCopies(): ReturnType<typeof loadedCopies> {
  return loadedCopies().filter(({ api }) => api.trace !== own.trace);
}

function isPropagator(one: unknown): one is TextMapPropagator {
  return hasMethods(one, ['inject', 'extract', 'fields']);
}

function isContextManager(one: unknown): one is ContextManager {
  return hasMethods(one, ['active', 'with', 'bind']);
}

function hasMethods(one: unknown, names: readonly string[]): boolean {
  return isRecord(one) && names.every((name) => typeof one[name] === 'function');
}

function newContextManager(): ContextManager {
  return new AsyncLocalStorageContextManager().enable();
}

/** The version our copy registers with; it says so itself only by registering. */
let OWN_VERSION = '';

function registerThrough(
  api: Api,
  provider: WorkerProvider,
  chosen: { contextManager: ContextManager; propagator: TextMapPropagator } & OtherProviders,
): boolean {
  delete processWide[API_GLOBAL];
  const done = [
    api.trace.setGlobalTracerProvider(provider),
    api.context.setGlobalContextManager(chosen.contextManager),
    api.propagation.setGlobalPropagator(chosen.propagator),
  ];
  // From 1.10 on the api has logs, and hands out loggers that wait for a provider set through their own copy.
  const { logs }: Api & LogsInside = api;
  if (chosen.loggerProvider) logs?.setGlobalLoggerProvider(chosen.loggerProvider);
  if (api === own) OWN_VERSION = processWide[API_GLOBAL]?.version ?? '';
  return done.every(Boolean);
}

interface LogsInside {
  readonly logs?: { setGlobalLoggerProvider(provider: unknown): boolean };
}

/** Meters and loggers are read from the table by every copy that can read it at all, which the span proves. */
async function setOthers({ meterProvider, loggerProvider }: OtherProviders = {}): Promise<void> {
  const table = processWide[API_GLOBAL];
  if (table && meterProvider) table.metrics = meterProvider;
  if (table && loggerProvider) table.logs = loggerProvider;
  // Before 1.10 logs were an api of their own, with a table of its own.
  if (loggerProvider) (await import('#bundle/signals')).setGlobalLoggerProvider(loggerProvider as LoggerProvider);
}

/** A meter provider or a diag logger that somebody set before stays. */
function keepOtherEntries(before: ApiTable | undefined): void {
  const table = processWide[API_GLOBAL];
  if (!before || !table) return;
  for (const [entry, value] of Object.entries(before)) if (!(entry in table)) table[entry] = value;
}

function raiseVersion(app: AppPlace): void {
  const table = processWide[API_GLOBAL];
  if (!table) return;
  const seen = copySeenFrom(codeDirOf(app));
  // The app's own copy decides, also when ours is a patch ahead: it must be able to write.
  if (seen && canCarry(seen.version) && minorOf(seen.version) >= minorOf(table.version)) table.version = seen.version;
  for (const { copy } of loadedCopies()) {
    if (canCarry(copy.version) && minorOf(copy.version) > minorOf(table.version)) table.version = copy.version;
  }
}

/** A pre-release accepts only itself: carrying it, the table would shut out all the others. */
const canCarry = (version: string) => /^1\.\d+\.\d+$/.test(version);
const minorOf = (version: string) => Number(version.split('.')[1]);

/** A span made through this copy must be real, and must be the active one for our copy when it is so for this one. */
function prove(api: Api): boolean {
  const span = api.trace.getTracer('kf-cluster').startSpan('kf-cluster.join');
  if (!api.isSpanContextValid(span.spanContext())) return false;
  const context = api.trace.setSpan(api.context.active(), span);
  return api.context.with(context, () => own.trace.getActiveSpan()?.spanContext().spanId === span.spanContext().spanId);
}
