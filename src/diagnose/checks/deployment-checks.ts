import type { Checks } from '../check.js';
import { runsKf, type Workload } from '../deployment/workload.js';
import type { Facts } from '../facts.js';

/** What a platform does with the files of the project: each starts, and something else than was meant. */
export const DEPLOYMENT_CHECKS = {
  'kf-cluster-dev-only': {
    severity: 'error',
    symptom: 'deployment',
    about: 'kf-cluster among the devDependencies, and an image that starts it without them',
    find: ({ manifest, deployments }) =>
      deployments.workloads
        .filter((one) => one.fields?.withoutDev === true && runsKf(one))
        .filter(() => 'kf-cluster' in manifest.devDependencies && !('kf-cluster' in manifest.dependencies))
        .map(({ file }) => ({
          what: `${file} starts kf-cluster, which is among the devDependencies`,
          why: 'the image installs without them: the command is not there',
          fix: 'Move it.',
          next: 'npm i kf-cluster',
        })),
  },
  'image-starts-node': {
    severity: 'warning',
    symptom: 'not-attached',
    about: 'an image that starts node itself, in a project that depends on kf-cluster',
    find: ({ manifest, deployments, preloads }) =>
      deployments.workloads
        .filter(({ platform, command }) => platform === 'docker' && /(^|\/)node$/.test(command[0] ?? ''))
        .filter((one) => 'kf-cluster' in manifest.dependencies && !mentionsUs(one) && preloads.length === 0)
        .map(({ file, command }) => ({
          what: `${file} starts ${command.join(' ')}`,
          why: 'nothing of kf-cluster runs in it: one process, and no spans',
          fix: `CMD ${JSON.stringify(['node_modules/.bin/kf-cluster', 'start', ...command.slice(1)])}`,
        })),
  },
  'pm2-cluster-twice': {
    severity: 'warning',
    symptom: 'workers',
    about: "kf-cluster as an app of pm2's cluster mode, or in several instances",
    find: ({ deployments }) =>
      deployments.workloads
        .filter(({ platform, fields }) => platform === 'pm2' && (fields?.cluster === true || isMany(fields?.instances)))
        .filter(({ command }) => /(^|\/)kf-cluster$/.test(command[0] ?? ''))
        .map(({ file, name }) => ({
          what: `${file}: ${name} runs kf-cluster in several instances`,
          why: 'each is a supervisor of its own with its own workers: all but the first find their name and port taken',
          fix: "exec_mode: 'fork', instances: 1; -w says how many workers.",
        })),
  },
  'variable-order': {
    severity: 'error',
    symptom: 'deployment',
    about: 'a variable of a container that refers to one which stands below it',
    find: ({ deployments }) =>
      deployments.workloads
        .filter(({ platform }) => platform === 'kubernetes')
        .flatMap(({ file, name, env }) => {
          const names = Object.keys(env);
          return Object.entries(env).flatMap(([variable, { value = '', source }], at) =>
            [...(source === 'literal' ? value : '').matchAll(/(?<!\$)\$\((\w+)\)/g)]
              .map(([, reference = '']) => reference)
              .filter((reference) => names.indexOf(reference) > at)
              .map((reference) => ({
                what: `${file}, ${name}: ${variable} refers to $(${reference}), which stands below it`,
                why: 'Kubernetes replaces what stands above; anything else reaches the process as it is written',
                fix: `Put ${reference} above ${variable}.`,
              })),
          );
        }),
  },
  'probe-unanswered': {
    severity: 'warning',
    symptom: 'deployment',
    about: 'a probe for /readyz or /livez of kf-cluster in a container that has no health port',
    find: ({ deployments, loaded }) =>
      deployments.workloads
        .filter(
          (one) =>
            loaded?.resolved.values['admin-port'] === undefined && one.fields?.asksHealth === true && runsKf(one),
        )
        .filter(({ env, command }) => !('KF_CLUSTER_ADMIN_PORT' in env) && !/--admin-port/.test(command.join(' ')))
        .map(({ file, name }) => ({
          what: `${file}, ${name}: a probe asks for /readyz, and no health port is open`,
          why: 'the port is off unless it is asked for; inside a pod it has to be open on all addresses',
          fix: 'KF_CLUSTER_ADMIN_PORT=9464 and KF_CLUSTER_ADMIN_HOST=0.0.0.0, and port: 9464 in the probe.',
        })),
  },
} satisfies Checks<Facts>;

function mentionsUs({ env, command }: Workload): boolean {
  return [...command, ...Object.values(env).map(({ value }) => value ?? '')].some((word) => /kf-cluster/.test(word));
}

function isMany(instances: unknown): boolean {
  return instances !== undefined && instances !== 1 && instances !== '1';
}
