import { arch, hostname, platform } from 'node:os';
import { basename } from 'node:path';
import type { Attributes } from '@opentelemetry/api';
import { defaultResource, type Resource, resourceFromAttributes } from '@opentelemetry/resources';
import type { Worker } from '../../hooks/types.js';
import { type Env, read } from '../otel-env/read-variable.js';
import type { AppPackage } from './app-package.js';

/** Whose spans they are. The process that speaks for a supervisor without workers has no slot. */
type Identity = Pick<Worker, 'instanceId' | 'pid' | 'script'> & Partial<Pick<Worker, 'slot' | 'generation'>>;

/** What this worker is called in every span. @param detected what detectors say that were asked for, see detectors.ts */
export function createResource(worker: Identity, app: AppPackage, env: Env, detected: Attributes = {}): Resource {
  return defaultResource().merge(resourceFromAttributes(resourceAttributes(worker, app, env, detected)));
}

/** Weakest first: what the machine says, the app's package, OTEL_RESOURCE_ATTRIBUTES, the variable of its own, identity. */
export function resourceAttributes(worker: Identity, app: AppPackage, env: Env, detected: Attributes = {}): Attributes {
  const given = read(env, 'OTEL_RESOURCE_ATTRIBUTES');
  const name = read(env, 'OTEL_SERVICE_NAME');
  const version = read(env, 'OTEL_SERVICE_VERSION');
  return {
    ...machine(worker, env),
    ...detected,
    'service.name': app.name ?? 'unknown_service:node',
    ...(app.version && { 'service.version': app.version }),
    ...given,
    ...(name && { 'service.name': name }),
    ...(version && { 'service.version': version }),
    // One value for all workers would mix their telemetry: identity is never taken from the shared environment.
    'service.instance.id': worker.instanceId,
    'process.pid': worker.pid,
    ...(worker.slot !== undefined && { 'kf.worker.slot': worker.slot }),
    ...(worker.generation !== undefined && { 'kf.worker.generation': worker.generation }),
  };
}

/** All of it, unless OTEL_NODE_RESOURCE_DETECTORS says which. */
function machine(worker: Identity, env: Env): Attributes {
  const asked: readonly string[] | undefined = read(env, 'OTEL_NODE_RESOURCE_DETECTORS');
  const all = asked === undefined || asked.includes('all');
  const wanted = (name: string) => all || (asked.includes(name) && !asked.includes('none'));
  return {
    'telemetry.distro.name': 'kf-cluster',
    ...Object.fromEntries(Object.entries(facts(worker)).filter(([key]) => wanted(key.slice(0, key.indexOf('.'))))),
  };
}

function facts(worker: Identity): Attributes {
  return {
    'process.runtime.name': 'nodejs',
    'process.runtime.version': process.versions.node,
    'process.executable.name': basename(process.execPath),
    'process.command': worker.script,
    'host.name': hostname(),
    'host.arch': hostArch(),
    'os.type': platform() === 'win32' ? 'windows' : platform(),
  };
}

/** The names of the semantic conventions differ from Node's. */
function hostArch(): string {
  const names: Record<string, string> = { x64: 'amd64', arm: 'arm32', ia32: 'x86', ppc64: 'ppc64' };
  return names[arch()] ?? arch();
}
