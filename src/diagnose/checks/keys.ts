import { isSecretName, redact } from '../../otel-env/redact.js';
import type { Check, Checks, Problem } from '../check.js';
import type { Platform, Workload } from '../deployment/workload.js';
import type { Facts } from '../facts.js';

const HERE = { severity: 'error', symptom: 'authentication' } as const satisfies Partial<Check<Facts>>;

/** Where keys stand, and in which form. Their values are never part of a finding. */
export const KEY_CHECKS = {
  'key-in-url': {
    ...HERE,
    about: 'a key in the query or the userinfo of an endpoint',
    find: ({ env, origin, deployments }) => {
      const places = [
        ...Object.entries(env).map(([name, text]) => [origin(name), name, text] as const),
        ...deployments.workloads.flatMap((one) =>
          Object.entries(one.env).map(
            ([name, { value }]) => [`${one.file}, ${one.name}: ${name}`, name, value] as const,
          ),
        ),
        ...deployments.settings.flatMap((one) =>
          Object.entries(one.values).map(([name, value]) => [`${one.file}: ${name}`, name, value] as const),
        ),
      ];
      return places
        .filter(([, name, text]) => /^OTEL_EXPORTER_OTLP_.*ENDPOINT$/.test(name) && hasKey(text ?? ''))
        .map(([where, name, text]) => ({
          what: `${where} has a key in it: ${redact(name, text!)}`,
          why: 'URLs are written to the logs of every proxy on the way',
          fix: 'Send it as a header: OTEL_EXPORTER_OTLP_HEADERS, or a file by --exporter-otlp-headers-file.',
        }));
    },
  },
  'key-in-argv': {
    ...HERE,
    about: 'a key on a command line: a script of package.json, a Procfile, the command of a container or a unit',
    find: ({ deployments }) =>
      deployments.workloads.flatMap((one) => {
        const inScript =
          one.platform === 'npm' ? Object.entries(one.env).filter(([name, { value }]) => isKey(name, value)) : [];
        const inWords = one.command.filter(
          (word) => /^(--?[\w-]*|\w*)(headers|api[-_]?key|token)=./i.test(word) && !/=\$|headers-file/i.test(word),
        );
        const names = [...inScript.map(([name]) => name), ...inWords.map((word) => word.slice(0, word.indexOf('=')))];
        return names.map((name) => ({
          what: `${one.file}, ${one.name}: ${name} is given on the command line`,
          why: 'every user of the machine can read it in the list of processes',
          fix: 'Put it into a file that only the service can read, and name that by --exporter-otlp-headers-file.',
        }));
      }),
  },
  'key-in-image': {
    ...HERE,
    about: 'a key as ENV or ARG of a Dockerfile',
    find: (facts) =>
      literalKeys(
        facts,
        'docker',
        'it stays in the history of the image, for whoever can pull it',
        'Pass it when the container starts, from a secret.',
      ),
  },
  'key-in-compose': {
    ...HERE,
    about: 'a key as a literal in a compose file',
    find: (facts) =>
      literalKeys(
        facts,
        'compose',
        'the file is in the repository',
        'Let the file name it alone and keep the value in .env, or use secrets: with a headers file.',
      ),
  },
  'key-in-manifest': {
    ...HERE,
    about: 'a key as a literal in a manifest of Kubernetes, or from a ConfigMap',
    find: (facts) => [
      ...literalKeys(
        facts,
        'kubernetes',
        'whoever may read the Deployment reads it',
        'valueFrom: secretKeyRef: kf-cluster init kubernetes writes it.',
      ),
      ...facts.deployments.workloads.flatMap(({ env, file, name: workload }) =>
        Object.entries(env)
          .filter(([name, { source }]) => source === 'config-map' && isSecretName(name))
          .map(([name]) => ({
            what: `${file}, ${workload}: ${name} comes from a ConfigMap`,
            why: 'a ConfigMap is no secret: it is not encrypted, and more may read it',
            fix: 'Use a Secret and secretKeyRef.',
          })),
      ),
    ],
  },
  'key-in-configmap': {
    ...HERE,
    about: 'a key in the data of a ConfigMap',
    find: ({ deployments }) =>
      deployments.settings.flatMap(({ file, name, values }) =>
        Object.entries(values)
          .filter(([key, value]) => isKey(key, value) || /OTEL_EXPORTER_OTLP_\w*HEADERS\s*[:=]\s*\S/.test(value))
          .map(([key]) => ({
            what: `${file}: the ConfigMap ${name} has ${key}`,
            why: 'a ConfigMap is no secret: it is not encrypted, and more may read it',
            fix: 'Move it into a Secret, and read it by secretKeyRef.',
            next: `kubectl create secret generic ${name} --from-literal=headers='kf-api-key=...'`,
          })),
      ),
  },
  'key-in-unit': {
    ...HERE,
    about: 'a key in Environment= of a unit of systemd',
    find: (facts) =>
      literalKeys(
        facts,
        'systemd',
        'systemctl show prints it to every user',
        'LoadCredential=, and --exporter-otlp-headers-file=%d/NAME',
      ),
  },
  'key-in-ecosystem': {
    ...HERE,
    about: 'a key in env of an ecosystem file of pm2',
    find: (facts) =>
      literalKeys(
        facts,
        'pm2',
        'the file is in the repository, and pm2 keeps it in its dump',
        'Name a file by OTEL_EXPORTER_OTLP_HEADERS_FILE.',
      ),
  },
  'key-in-config-file': {
    ...HERE,
    about: 'a key in env of the config file',
    find: ({ loaded }) =>
      Object.entries(loaded?.resolved.envSources ?? {})
        .filter(([name, { layer }]) => layer === 'file' && isKey(name, loaded?.resolved.env[name]))
        .map(([, { name: where }]) => ({
          what: `${where} is a secret`,
          why: 'the config file is in the repository',
          fix: 'Name a file outside of it by exporterOtlpHeadersFile.',
        })),
  },
} satisfies Checks<Facts>;

/** A value that is a key; not a reference to one. */
export function isKey(name: string, value: string | undefined): boolean {
  return (
    isSecretName(name) &&
    value !== undefined &&
    value.trim() !== '' &&
    !/^\$|^<.*>$|CLIENT_KEY$/.test(value.trim()) &&
    !/CLIENT_KEY$/.test(name)
  );
}

function literalKeys({ deployments }: Facts, platform: Platform, why: string, fix: string): Problem[] {
  return deployments.workloads
    .filter((one: Workload) => one.platform === platform)
    .flatMap(({ env, file, name: workload }) =>
      Object.entries(env)
        .filter(([name, { value, source }]) => source === 'literal' && isKey(name, value))
        .map(([name]) => ({
          what: `${file}${workload === file ? '' : `, ${workload}`}: ${name} is written out`,
          why,
          fix,
        })),
    );
}

function hasKey(text: string): boolean {
  const url = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  if (!URL.canParse(url)) return false;
  const { password, username, searchParams } = new URL(url);
  return (
    password !== '' ||
    username !== '' ||
    [...searchParams.keys()].some((name) => isSecretName(name) || /key|token/i.test(name))
  );
}
