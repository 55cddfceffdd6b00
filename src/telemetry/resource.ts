import { arch, hostname, platform } from 'node:os';
import { basename } from 'node:path';
import type { Attributes } from '@opentelemetry/api';
import { defaultResource, type Resource, resourceFromAttributes } from '@opentelemetry/resources';
import type { Worker } from '../../hooks/types.js';
import { type Env, read } from '../otel-env/read-variable.js';
import type { AppPackage } from './app-package.js';

/** Whose spans they are. The process that speaks for a supervisor without workers has no slot. */
type Identity = Pick<Worker, 'instanceId' | 'pid' | 'script'> & Partial<Pick<Worker, 'slot' | 'generation'>>;

/** What this worker is called in every span. Only synchronous, cheap attributes: nothing waits for a detector. */
export function createResource(worker: Identity, app: AppPackage, env: Env): Resource {
  return defaultResource().merge(resourceFromAttributes(resourceAttributes(worker, app, env)));
}

/** Weakest first: what the machine says, the app's package, OTEL_RESOURCE_ATTRIBUTES, the variable of its own, identity. */
export function resourceAttributes(worker: Identity, app: AppPackage, env: Env): Attributes {
  const given = read(env, 'OTEL_RESOURCE_ATTRIBUTES');
  const name = read(env, 'OTEL_SERVICE_NAME');
  const version = read(env, 'OTEL_SERVICE_VERSION');
  return {
    ...machine(worker),
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

function machine(worker: Identity): Attributes {
  return {
    'telemetry.distro.name': 'kf-cluster',
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
