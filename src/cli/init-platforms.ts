import { existsSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { loadConfig } from '../config/load-options.js';
import { nodeFs } from '../config/node-fs.js';
import { isPreset, PRESET_NAMES } from '../config/presets.js';
import { locateScript } from '../config/script.js';
import { KfError } from '../contract/errors.js';
import { isOneOf } from '../contract/table-keys.js';
import { DOCKERIGNORE, dockerfileText } from '../platforms/docker/dockerfile-text.js';
import {
  HOST_PLACEHOLDER,
  type KubernetesTarget,
  kubernetesText,
  secretCommand,
  TARGETS,
} from '../platforms/kubernetes/manifests.js';
import { COLLECTOR_COMMAND, collectorText } from './init-collector.js';
import type { Invocation } from './invocation.js';

/** A file to be written, and what to do with it. */
export interface Written {
  readonly file: string;
  readonly text: string;
  readonly next: string;
}

/** Of the app, where nothing says another. */
const PORT = 8080;
/** As long as a balancer may take to learn that a pod is about to stop, in milliseconds. */
const DRAIN_DELAY = 5_000;
const LONGEST_LABEL = 63;

/** `init collector [--preset NAME]` */
export function collectorFile({ cwd, flags }: Invocation): Written {
  const preset = String(flags.preset ?? 'collector');
  if (!isPreset(preset)) throw unknown('--preset', preset, PRESET_NAMES);
  return { file: resolve(cwd, 'otelcol.yaml'), text: collectorText(preset), next: COLLECTOR_COMMAND };
}

/** `init kubernetes app.js [--target agent|direct]` */
export async function kubernetesFile(invocation: Invocation, target = 'agent'): Promise<Written> {
  if (!isTarget(target)) throw unknown('--target', target, TARGETS);
  const { cwd, script, args, flags } = invocation;
  const { config } = await loadConfig(invocation);
  const found = relative(cwd, locateScript(script, cwd, nodeFs));
  const text = kubernetesText({
    name: objectName(config.name),
    target,
    command: [found, ...(args.length > 0 ? ['--', ...args] : [])],
    port: PORT,
    drainDelayMs: flags['drain-delay'] === undefined ? DRAIN_DELAY : config.drainDelayMs,
    drainMs: config.drainTimeoutMs,
    flushMs: config.flushTimeoutMs,
  });
  const host = `sed -i s/${HOST_PLACEHOLDER}/YOUR_HOST/ kubernetes.yaml`;
  const secret = target === 'direct' ? `${host} && ${secretCommand('kf-api-key')} && ` : '';
  return { file: resolve(cwd, 'kubernetes.yaml'), text, next: `${secret}kubectl apply -f kubernetes.yaml` };
}

/** A name that Kubernetes takes for a Service too: RFC 1035, 63 characters, the first one a letter. */
function objectName(name: string): string {
  const plain = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  const label = plain.replace(/^-/, '').replace(/^(?=\d)/, 'app-');
  return label.slice(0, LONGEST_LABEL).replace(/-$/, '') || 'app';
}

/** `init docker app.js` */
export function dockerFiles({ cwd, script, args }: Invocation): readonly Written[] {
  const found = relative(cwd, locateScript(script, cwd, nodeFs));
  const next = `docker build -t app . && docker run -p ${PORT}:${PORT} --stop-timeout 30 app`;
  const files = [
    { file: resolve(cwd, 'Dockerfile'), text: dockerfileText({ words: [found], args, port: PORT }), next },
  ];
  const ignore = resolve(cwd, '.dockerignore');
  return existsSync(ignore) ? files : [{ file: ignore, text: DOCKERIGNORE, next: '' }, ...files];
}

function isTarget(name: string): name is KubernetesTarget {
  return isOneOf(TARGETS, name);
}

function unknown(flag: string, given: string, known: readonly string[]): KfError {
  return new KfError('BAD_FLAG', `${flag} is ${JSON.stringify(given)}`, `expected one of ${known.join(', ')}`);
}
