import { readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type Preload,
  preloadsIn,
  readNodeOptions,
  withoutPreloads,
  writeNodeOptions,
} from '../config/node-options.js';
import type { Config } from '../config/types.js';
import type { Fields, Log } from '../contract/log.js';
import { eventLog } from '../contract/log-events.js';
import { otlpVariable, textOf } from '../otel-env/read-variable.js';
import { shutProviderDown } from './provider-check.js';

/** An SDK that was loaded into this process by NODE_OPTIONS or a flag of Node, and would be into each worker. */
export interface InjectedSdk {
  /** Says what became of it. Where workers have no telemetry of ours, they get it back. */
  settle(config: Pick<Config, 'telemetry'>, log: Log): void;
  /** For processes that are started from here: they load it as they would have without us. */
  giveBack(): void;
}

/**
 * Takes an SDK that a Kubernetes operator, `@opentelemetry/auto-instrumentations-node/register` or a file with a NodeSDK put
 * into this process out of it again: its provider is shut down, and NODE_OPTIONS is without it, so that a worker has one SDK,
 * ours. What it was set to by OTEL_* variables holds for ours; the instrumentation packages beside it are loaded too, by
 * KF_CLUSTER_INSTRUMENTATIONS_FROM. Undefined where no preload can have registered a provider. Before the configuration is
 * read, and before anything listens to signals.
 *
 * @param inCode whether a program of the user runs here, whose own the listeners and the provider may be
 */
export function setInjectedSdkAside(inCode: boolean): InjectedSdk | undefined {
  const before = process.env.NODE_OPTIONS;
  const words = readNodeOptions(before ?? '');
  const inOptions = sdksAmong(words, inCode);
  const found = [...inOptions, ...sdksAmong(process.execArgv, inCode)];
  if (found.length === 0) return undefined;
  shutProviderDown();
  if (!inCode) for (const event of ['SIGTERM', 'SIGINT', 'SIGHUP', 'beforeExit']) process.removeAllListeners(event);
  const left = writeNodeOptions(withoutPreloads(words, inOptions));
  if (left) process.env.NODE_OPTIONS = left;
  else delete process.env.NODE_OPTIONS;
  const changed = inheritSettings(found);
  const giveBack = () => {
    if (before !== undefined) process.env.NODE_OPTIONS = before;
    for (const name of Object.keys(changed)) delete process.env[name];
  };
  return {
    settle: ({ telemetry }, log) => {
      if (telemetry === 'auto')
        eventLog(log, 'injected-sdk', { stays: true }).info('an injected OpenTelemetry SDK stays in the workers', {
          because: '--telemetry=auto',
        });
      if (telemetry !== true) giveBack();
      else
        eventLog(log, 'injected-sdk', { stays: false }).info(
          'an injected OpenTelemetry SDK is replaced by that of kf-cluster',
          settingsOf(found, changed),
        );
    },
    giveBack,
  };
}

function settingsOf(found: readonly Found[], changed: Readonly<Record<string, string>>): Fields {
  return {
    preload: [...new Set(found.map(({ specifier }) => specifier))].join(),
    ...(changed.OTEL_EXPORTER_OTLP_PROTOCOL && { protocol: changed.OTEL_EXPORTER_OTLP_PROTOCOL }),
    instead: '--no-telemetry leaves it in the workers',
  };
}

interface Found extends Preload {
  /** Undefined where it cannot be found any more. */
  readonly file: string | undefined;
  readonly text: string;
}

/** In the name of what is injected by operators and distributions. */
const NAMED = /auto-?instrumentation|opentelemetry|\botel\b/i;
/** In a file that sets one up. */
const SETS_UP = /@opentelemetry\/(sdk-|auto-instrumentations)|NodeSDK|NodeTracerProvider/;
const OURS = /(^|[/\\])kf-cluster([/\\]|$)/;
const MOST_BYTES = 1 << 20;
const MOST_FILES = 10;

/** One preload alone needs no other sign, where nothing else can have registered the provider. */
function sdksAmong(words: readonly string[], inCode: boolean): Found[] {
  const all = preloadsIn(words)
    .filter(({ specifier }) => !OURS.test(specifier))
    .map(withText);
  const known = all.filter(({ specifier, text }) => NAMED.test(specifier) || SETS_UP.test(text));
  return known.length === 0 && all.length === 1 && !inCode ? all : known;
}

function withText(preload: Preload): Found {
  const file = resolveFrom(preload.specifier);
  return { ...preload, file, text: file === undefined ? '' : textWithNext(file) };
}

function resolveFrom(specifier: string, from = join(process.cwd(), 'package.json')): string | undefined {
  try {
    if (specifier.startsWith('file:')) return fileURLToPath(specifier);
    return createRequire(from).resolve(specifier);
  } catch {
    return undefined; // only importable, or gone: then it is known by its name
  }
}

/** With what it loads from beside it: a file of two lines often stands in front. */
function textWithNext(file: string): string {
  const text = codeOf(file);
  const beside = [...text.matchAll(/(?:from|import|require\()\s*['"](\.[^'"\n]+)['"]/g)].map(([, path = '']) => path);
  return [text, ...beside.slice(0, MOST_FILES).map((path) => codeOf(resolveFrom(path, file) ?? ''))].join('\n');
}

function codeOf(file: string): string {
  try {
    return statSync(file).size > MOST_BYTES ? '' : readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/**
 * What the SDK assumes where nothing is said: a NodeSDK speaks http/protobuf, the operator's and an exporter that is named in
 * its file gRPC, as we do.
 */
function inheritSettings(found: readonly Found[]): Record<string, string> {
  const { env } = process;
  const changed: Record<string, string> = {};
  const said = textOf(env, otlpVariable(env, 'traces', 'PROTOCOL'));
  const endpoint = textOf(env, otlpVariable(env, 'traces', 'ENDPOINT')) ?? '';
  const speaksGrpc = found.some(({ text }) => text.includes('otlp-grpc')) || /:4317\b/.test(endpoint);
  if (!said && !speaksGrpc) changed.OTEL_EXPORTER_OTLP_PROTOCOL = 'http/protobuf';
  const places = [...new Set(found.flatMap(({ file }) => (file === undefined ? [] : [dirname(file)])))];
  if (places.length > 0 && !env.KF_CLUSTER_INSTRUMENTATIONS_FROM) {
    changed.KF_CLUSTER_INSTRUMENTATIONS_FROM = places.join();
  }
  Object.assign(env, changed);
  return changed;
}
