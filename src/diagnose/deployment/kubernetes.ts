import { isRecord } from '../../contract/record-guard.js';
import { bytesOf, cpusOf, type PlainSettings, type Variable, type Workload } from './workload.js';

/** What Kubernetes waits for by itself. */
const KUBERNETES_GRACE_MS = 30_000;

/** The containers of a manifest, whatever controls their pods. */
export function readKubernetes(file: string, document: unknown): Workload[] {
  if (!isRecord(document) || typeof document.kind !== 'string') return [];
  const pod = podOf(document);
  if (!pod) return [];
  const owner = isRecord(document.metadata) ? String(document.metadata.name ?? '') : '';
  const containers = list(pod.containers).filter(isRecord);
  // One that restarts is a sidecar: it runs beside the others.
  const sidecars = list(pod.initContainers).filter((one) => isRecord(one) && one.restartPolicy === 'Always');
  const names = [...containers, ...sidecars.filter(isRecord)].map(({ name }) => String(name));
  const ephemeral = new Set(
    list(pod.volumes)
      .filter(isRecord)
      .flatMap((one) => ('emptyDir' in one ? [String(one.name)] : [])),
  );
  return containers.map((container): Workload => {
    const limits = limitsOf(container);
    const grace = pod.terminationGracePeriodSeconds;
    return {
      platform: 'kubernetes',
      file,
      name: containers.length > 1 ? `${owner}/${String(container.name)}` : owner,
      env: environmentOf(container),
      command: [...list(container.command), ...list(container.args)].map(String),
      shell: /^(\/bin\/)?(ba|da)?sh$/.test(String(list(container.command)[0] ?? '')),
      graceMs: (typeof grace === 'number' ? grace * 1000 : KUBERNETES_GRACE_MS) - preStopMs(container),
      graceDefault: grace === undefined,
      cpus: cpusOf(limits.cpu),
      memory: bytesOf(limits.memory, false),
      volumes: list(container.volumeMounts)
        .filter(isRecord)
        .flatMap((mount) => (ephemeral.has(String(mount.name)) ? [] : [String(mount.mountPath)])),
      neighbours: names,
      fields: { hostNetwork: pod.hostNetwork === true, asksHealth: asksHealth(container) },
    };
  });
}

/** A ConfigMap, which everybody who may read the namespace can read. */
export function readConfigMap(file: string, document: unknown): PlainSettings[] {
  if (!isRecord(document) || document.kind !== 'ConfigMap' || !isRecord(document.data)) return [];
  const name = isRecord(document.metadata) ? String(document.metadata.name ?? '') : '';
  const values = Object.fromEntries(Object.entries(document.data).map(([key, value]) => [key, String(value)]));
  return [{ file, name, values }];
}

function podOf(document: Record<string, unknown>): Record<string, unknown> | undefined {
  const spec = isRecord(document.spec) ? document.spec : {};
  if (document.kind === 'Pod') return spec;
  const template = isRecord(spec.template) ? spec.template : undefined;
  if (template) return isRecord(template.spec) ? template.spec : undefined;
  const job = isRecord(spec.jobTemplate) && isRecord(spec.jobTemplate.spec) ? spec.jobTemplate.spec : {};
  return isRecord(job.template) && isRecord(job.template.spec) ? job.template.spec : undefined;
}

function environmentOf(container: Record<string, unknown>): Record<string, Variable> {
  const own = list(container.env)
    .filter(isRecord)
    .map(({ name, value, valueFrom }): [string, Variable] => {
      if (!isRecord(valueFrom)) return [String(name), { value: String(value ?? ''), source: 'literal' }];
      const source = 'secretKeyRef' in valueFrom ? 'secret' : 'configMapKeyRef' in valueFrom ? 'config-map' : 'field';
      const path = isRecord(valueFrom.fieldRef) ? String(valueFrom.fieldRef.fieldPath) : undefined;
      return [String(name), { value: path && `fieldRef:${path}`, source }];
    });
  return Object.fromEntries(own);
}

function limitsOf(container: Record<string, unknown>): Record<string, unknown> {
  const resources = isRecord(container.resources) ? container.resources : {};
  return isRecord(resources.limits) ? resources.limits : {};
}

/** By a path that kf-cluster answers. False for a container with envFrom: the port may be among those variables. */
function asksHealth(container: Record<string, unknown>): boolean {
  if (container.envFrom !== undefined) return false;
  return ['readinessProbe', 'livenessProbe', 'startupProbe'].some((name) => {
    const probe = container[name];
    const get = isRecord(probe) && isRecord(probe.httpGet) ? probe.httpGet : {};
    return get.path === '/readyz' || get.path === '/livez';
  });
}

/** A preStop hook runs within the grace period: what it takes is not left for the drain. */
function preStopMs({ lifecycle }: Record<string, unknown>): number {
  const hook = isRecord(lifecycle) && isRecord(lifecycle.preStop) ? lifecycle.preStop : {};
  if (isRecord(hook.sleep)) return Number(hook.sleep.seconds) * 1000 || 0;
  const words = isRecord(hook.exec) ? list(hook.exec.command).map(String).join(' ') : '';
  return Number(/\bsleep\s+(\d+)/.exec(words)?.[1] ?? 0) * 1000;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
