import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { lockedBy } from '../config/package-manager.js';
import { isPreset, PRESET_NAMES } from '../config/presets.js';
import { KfError } from '../contract/errors.js';
import { isOneOf } from '../contract/table-keys.js';
import { wholeStop } from '../contract/whole-stop.js';
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
import { commandLine, installedInImage, startedBy } from './started-by.js';

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
  if (!isPreset(preset)) throw unknown('collector', '--preset', preset, PRESET_NAMES);
  return { file: resolve(cwd, 'otelcol.yaml'), text: collectorText(preset), next: COLLECTOR_COMMAND };
}

/** `init kubernetes app.js [--target agent|direct]` */
export async function kubernetesFile(invocation: Invocation, target = 'agent'): Promise<Written> {
  if (!isTarget(target)) throw unknown('kubernetes app.js', '--target', target, TARGETS);
  const { cwd, flags } = invocation;
  const started = await startedBy(invocation, OF_MANIFEST);
  const text = kubernetesText({
    ...started,
    name: objectName(started.name),
    target,
    command: commandLine(started),
    port: PORT,
    drainDelayMs: flags['drain-delay'] === undefined ? DRAIN_DELAY : started.drainDelayMs,
  });
  const host = `sed -i s/${HOST_PLACEHOLDER}/YOUR_HOST/ kubernetes.yaml`;
  const secret = target === 'direct' ? `${host} && ${secretCommand('kf-api-key')} && ` : '';
  return { file: resolve(cwd, 'kubernetes.yaml'), text, next: `${secret}kubectl apply -f kubernetes.yaml` };
}

/** What the manifest says by variables: its probes, its volume and its grace period go with them. */
const OF_MANIFEST = ['drain-delay', 'admin-host', 'admin-port', 'spool-dir'] as const;

/** A name that Kubernetes takes for a Service too: RFC 1035, 63 characters, the first one a letter. */
function objectName(name: string): string {
  const plain = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  const label = plain.replace(/^-/, '').replace(/^(?=\d)/, 'app-');
  return label.slice(0, LONGEST_LABEL).replace(/-$/, '') || 'app';
}

/** `init docker app.js` */
export async function dockerFiles(invocation: Invocation): Promise<readonly Written[]> {
  const { cwd } = invocation;
  const started = await startedBy({ ...invocation, readsTypeScript: true }, []); // Node 24
  const manager = lockedBy([cwd]);
  const first = await installedInImage(cwd, manager);
  const text = dockerfileText({
    name: objectName(started.name),
    command: commandLine(started),
    port: PORT,
    stopSeconds: Math.ceil(wholeStop(started) / 1000),
    // What is to be typed first writes the lockfile.
    manager: manager ?? (first === '' ? undefined : 'npm'),
  });
  const [line = ''] = text.split('\n');
  const files = [{ file: resolve(cwd, 'Dockerfile'), text, next: `${first}${line.replace(/^# /, '')}` }];
  const ignore = resolve(cwd, '.dockerignore');
  return existsSync(ignore) ? files : [{ file: ignore, text: DOCKERIGNORE, next: '' }, ...files];
}

function isTarget(name: string): name is KubernetesTarget {
  return isOneOf(TARGETS, name);
}

function unknown(what: string, flag: string, given: string, known: readonly string[]): KfError {
  const fix = `kf-cluster init ${what} ${flag} ${known[0]}`;
  return new KfError('BAD_FLAG', `${flag} is ${JSON.stringify(given)}`, `expected one of ${known.join(', ')}`, { fix });
}
