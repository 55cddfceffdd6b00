import { type Env, textOf, valueIn } from '../../otel-env/read-variable.js';
import type { Check, Checks, Problem } from '../check.js';
import { isTraced, textsOf, type Workload } from '../deployment/workload.js';
import type { Facts } from '../facts.js';
import { byFile, isService } from './target-checks.js';

const SYMPTOM = { severity: 'warning', symptom: 'service-name' } as const satisfies Partial<Check<Facts>>;

/** Under which name spans arrive. */
export const SERVICE_CHECKS = {
  'service-name-missing': {
    ...SYMPTOM,
    about: 'no OTEL_SERVICE_NAME and no name in package.json: unknown_service',
    find: ({ env, manifest, loaded }) => {
      const given = textOf(env, 'OTEL_SERVICE_NAME') ?? attribute(env, 'service.name');
      if (given || manifest.name !== undefined || loaded === undefined) return [];
      return [
        {
          what: 'the service has no name',
          why: 'neither OTEL_SERVICE_NAME nor package.json says one: all such services are unknown_service:node',
          fix: 'Set OTEL_SERVICE_NAME, or give package.json a name.',
          next: 'kf-cluster start app.js --service-name shop',
        },
      ];
    },
  },
  'service-name-of-instance': {
    ...SYMPTOM,
    about: 'a service name that is a pod name, a host name, a UUID or has a slot in it',
    find: (facts) =>
      namesIn(facts).flatMap(({ name, where }) => {
        const kind = instanceKind(name, facts.machine.hostname);
        if (kind === undefined) return [];
        return [
          {
            what: `${where} is ${JSON.stringify(name)}, ${kind}`,
            why: 'each replica becomes a service of its own: no latency, no map and no alert holds for longer than a deploy',
            fix: 'Name what it does, the same for all replicas; each worker has a service.instance.id by itself.',
          },
        ];
      }),
  },
  'service-name-shared': {
    ...SYMPTOM,
    about: 'several services of one file with the same OTEL_SERVICE_NAME',
    find: ({ deployments }) => byFile(deployments.workloads.filter(isService), shared),
  },
  'service-name-twice': {
    ...SYMPTOM,
    about: 'OTEL_SERVICE_NAME and another service.name in OTEL_RESOURCE_ATTRIBUTES',
    find: ({ env }) => {
      const [one, other] = [textOf(env, 'OTEL_SERVICE_NAME'), attribute(env, 'service.name')];
      if (!one || !other || one === other) return [];
      return [
        {
          what: `OTEL_SERVICE_NAME is ${JSON.stringify(one)}, and OTEL_RESOURCE_ATTRIBUTES has service.name=${other}`,
          why: 'OTEL_SERVICE_NAME wins',
          fix: 'Say it once.',
        },
      ];
    },
  },
  'instance-id-shared': {
    ...SYMPTOM,
    about: 'service.instance.id in OTEL_RESOURCE_ATTRIBUTES, which all workers share',
    find: ({ env, deployments }) => {
      const places = [
        ['OTEL_RESOURCE_ATTRIBUTES', env] as const,
        ...deployments.workloads
          .filter((one) => isTraced(one) && one.platform !== 'npm')
          .map((one) => [`${one.file}, ${one.name}: OTEL_RESOURCE_ATTRIBUTES`, textsOf(one)] as const),
      ];
      return places
        .filter(([, said]) => attribute(said, 'service.instance.id') !== undefined)
        .map(([where]) => ({
          what: `${where} has service.instance.id`,
          why: 'all workers share the variable: counters of one would overwrite those of the other. kf-cluster ignores it, other SDKs do not',
          fix: 'Leave it out: each worker has one of its own.',
        }));
    },
  },
  'environment-attribute': {
    severity: 'information',
    symptom: 'service-name',
    about: 'deployment.environment without deployment.environment.name, or the other way round',
    find: ({ env }) => {
      const [old, now] = ['deployment.environment', 'deployment.environment.name'].map((key) => attribute(env, key));
      if ((old === undefined) === (now === undefined)) return [];
      const [has, lacks] =
        old === undefined
          ? ['deployment.environment.name', 'deployment.environment']
          : ['deployment.environment', 'deployment.environment.name'];
      return [
        {
          what: `OTEL_RESOURCE_ATTRIBUTES has ${has} and not ${lacks}`,
          why: 'backends read one or the other: the name changed with semantic conventions 1.27',
          fix: `Add ${lacks} with the same value.`,
        },
      ];
    },
  },
} satisfies Checks<Facts>;

function namesIn({ env, deployments }: Facts): { name: string; where: string }[] {
  const own = textOf(env, 'OTEL_SERVICE_NAME');
  return [
    ...(own ? [{ name: own, where: 'OTEL_SERVICE_NAME' }] : []),
    ...deployments.workloads.flatMap((one) => {
      const name = textOf(textsOf(one), 'OTEL_SERVICE_NAME');
      return name ? [{ name, where: `${one.file}, ${one.name}: OTEL_SERVICE_NAME` }] : [];
    }),
  ];
}

function instanceKind(name: string, hostname: string): string | undefined {
  if (/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/i.test(name)) return 'with a UUID in it';
  if (name === 'fieldRef:metadata.name') return 'the name of the pod';
  if (/-[0-9a-f]{8,10}-[bcdfghjklmnpqrstvwxz2456789]{5}$/.test(name)) return 'the name of a pod';
  if (/^\$\{?HOSTNAME\}?$/.test(name) || (name === hostname && name.length > 3)) return 'the name of the host';
  return /[-_](worker|slot|pid)[-_]?\d+$/i.test(name) ? 'with the number of a worker in it' : undefined;
}

function shared(file: string, all: readonly Workload[]): Problem[] {
  const names = all.flatMap((one) => {
    const name = textOf(textsOf(one), 'OTEL_SERVICE_NAME');
    return name === undefined ? [] : [[name, one.name] as const];
  });
  const twice = [...new Set(names.map(([name]) => name))].filter(
    (name) => !name.startsWith('fieldRef:') && names.filter(([one]) => one === name).length > 1,
  );
  return twice.map((name) => ({
    what: `${file}: ${names
      .filter(([one]) => one === name)
      .map(([, workload]) => workload)
      .join(', ')} are all called ${JSON.stringify(name)}`,
    why: 'their latencies and errors are one figure, and calls between them are not on the map',
    fix: 'Give each a name of its own.',
  }));
}

function attribute(env: Env, key: string): string | undefined {
  return valueIn(env, 'OTEL_RESOURCE_ATTRIBUTES')?.[key];
}
