import test from 'ava';
import { load, loadAll } from 'js-yaml';
import { DOCKERIGNORE, dockerfileText } from '../../src/platforms/docker/dockerfile-text.js';
import {
  deploymentText,
  graceSeconds,
  HOST_PLACEHOLDER,
  kubernetesText,
  secretCommand,
  TARGETS,
} from '../../src/platforms/kubernetes/manifests.js';

type Deployment = Parameters<typeof kubernetesText>[0];

const APP: Deployment = {
  ...{ name: 'shop', target: 'agent', command: ['start', 'src/app.js'], port: 3000 },
  ...{ drainDelayMs: 5_000, drainMs: 20_000, flushMs: 5_000 },
};

interface Variable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: {
    readonly fieldRef?: { readonly fieldPath: string };
    readonly secretKeyRef?: { readonly name: string };
  };
}

interface Container {
  readonly name: string;
  readonly command: readonly string[];
  readonly env: readonly Variable[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly [probe: `${string}Probe`]: { readonly httpGet: { readonly path: string; readonly port: string } };
}

/** What Kubernetes reads of it: the pod of the Deployment, and the Service. */
function read(change: Partial<Deployment> = {}) {
  const [deployment, service] = loadAll(kubernetesText({ ...APP, ...change })) as [
    { spec: { selector: { matchLabels: object }; template: { metadata: { labels: object }; spec: Pod } } },
    { spec: { selector: object; ports: { targetPort: string }[] } },
  ];
  const { metadata, spec } = deployment.spec.template;
  const [container] = spec.containers;
  const variables = new Map(container!.env.map((one) => [one.name, one]));
  return { deployment, service, labels: metadata.labels, spec, container: container!, variables };
}

interface Pod {
  readonly terminationGracePeriodSeconds: number;
  readonly containers: readonly Container[];
  readonly volumes: readonly { readonly name: string }[];
}

for (const [times, seconds] of [
  [{ drainDelayMs: 5_000, drainMs: 20_000, flushMs: 5_000 }, 33],
  [{ drainDelayMs: 0, drainMs: 0, flushMs: 0 }, 4], // hooks have a second
  [{ drainDelayMs: 1, drainMs: 500, flushMs: 500 }, 5],
] as const) {
  test(`${JSON.stringify(times)}: a pod is given ${seconds} s, which is never less than it may take`, (t) => {
    t.is(graceSeconds(times), seconds);
    t.is(read(times).spec.terminationGracePeriodSeconds, seconds);
    t.is(read(times).variables.get('KF_CLUSTER_DRAIN_DELAY')?.value, `${times.drainDelayMs}ms`);
  });
}

test('the Service finds the pods, and both the port that the app listens on', (t) => {
  const { deployment, service, labels, container, variables } = read();
  t.deepEqual(deployment.spec.selector.matchLabels, labels);
  t.deepEqual(service.spec.selector, labels);
  const ports = new Map(container.ports.map(({ name, containerPort }) => [name, containerPort]));
  t.is(ports.get(service.spec.ports[0]?.targetPort ?? ''), 3000);
  t.is(variables.get('PORT')?.value, '3000');
  t.is(variables.get('KF_CLUSTER_ADMIN_PORT')?.value, `${ports.get('admin')}`);
});

test('probes ask the health port, and readiness alone decides whether requests come', (t) => {
  const { container } = read();
  t.deepEqual(
    (['startupProbe', 'readinessProbe', 'livenessProbe'] as const).map((name) => container[name]?.httpGet),
    [
      { path: '/readyz', port: 'admin' },
      { path: '/readyz', port: 'admin' },
      { path: '/livez', port: 'admin' },
    ],
  );
});

test('with a file system that cannot be written, spool and sockets lie on volumes that can', (t) => {
  const { container, spec, variables } = read();
  t.true(container.securityContext.readOnlyRootFilesystem);
  const mounts = container.volumeMounts.map(({ mountPath }) => mountPath);
  t.true(mounts.includes('/tmp'));
  t.true(mounts.some((path) => variables.get('KF_CLUSTER_SPOOL_DIR')?.value?.startsWith(`${path}/`)));
  t.true(mounts.includes(variables.get('XDG_STATE_HOME')?.value ?? ''));
  t.deepEqual(
    container.volumeMounts.map(({ name }) => name),
    spec.volumes.map(({ name }) => name),
  );
});

test('a variable that names another one stands behind it: Kubernetes fills in only what it knows already', (t) => {
  for (const target of TARGETS) {
    const { env } = read({ target }).container;
    for (const [at, { value = '' }] of env.entries()) {
      for (const [, named] of value.matchAll(/\$\((\w+)\)/g)) {
        const earlier = env.slice(0, at).map(({ name }) => name);
        t.true(earlier.includes(named!), `${named} in ${value}`);
      }
    }
  }
});

test('an agent is reached on its own node; a direct way needs a key, which no file holds', (t) => {
  const agent = read().variables;
  t.is(agent.get('NODE_IP')?.valueFrom?.fieldRef?.fieldPath, 'status.hostIP');
  t.regex(agent.get('OTEL_EXPORTER_OTLP_ENDPOINT')!.value!, /\$\(NODE_IP\)/);
  t.false(agent.has('OTEL_EXPORTER_OTLP_HEADERS'));
  const direct = read({ target: 'direct' }).variables;
  const secret = direct.get('OTEL_EXPORTER_OTLP_HEADERS')?.valueFrom?.secretKeyRef?.name;
  t.true(secretCommand('kf-api-key').includes(`generic ${secret} `), 'the command makes the Secret that is read');
  t.true(direct.get('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT')!.value!.includes(HOST_PLACEHOLDER));
  t.false(direct.has('NODE_IP'));
});

test('words of a command stay one word each, whatever is in them', (t) => {
  const command = ['start', 'src/my app.js', '--', '--title', 'say "hi": # no comment', '$HOME', '{a: b}', 'ünï'];
  const { container } = read({ command });
  t.deepEqual([...container.command], ['node_modules/.bin/kf-cluster', ...command]);
  t.deepEqual(load(deploymentText({ ...APP, command })), loadAll(kubernetesText({ ...APP, command }))[0]);
});

const IMAGE: Parameters<typeof dockerfileText>[0] = {
  ...{ name: 'shop', command: ['start', 'app.js'], port: 3000, stopSeconds: 28, manager: 'npm' },
};

for (const [manager, copied, command] of [
  ['npm', 'package*.json', 'npm ci --omit=dev'],
  ['pnpm', 'pnpm-*.yaml', 'pnpm install --prod --frozen-lockfile'],
  ['yarn', 'yarn.lock', 'yarn install --production --frozen-lockfile'],
  [undefined, 'package.json', 'npm install --omit=dev'],
] as const) {
  test(`an image is installed by the lockfile of ${manager ?? 'nobody'}`, (t) => {
    const text = dockerfileText({ ...IMAGE, manager });
    t.true(instruction(text, 'COPY')[0]!.includes(copied), text);
    t.true(instruction(text, 'RUN')[0]!.includes(command), text);
  });
}

/** The value of an instruction. */
const instruction = (text: string, name: string) =>
  text.split('\n').flatMap((line) => (line.startsWith(`${name} `) ? [line.slice(name.length + 1)] : []));

test('an image starts kf-cluster itself, as a user without rights, with the arguments of the app behind it', (t) => {
  const text = dockerfileText({ ...IMAGE, command: ['start', 'app.js', '--workers=2', '--', '--title', 'a "b"'] });
  t.deepEqual(JSON.parse(instruction(text, 'CMD')[0]!), [
    ...['node_modules/.bin/kf-cluster', 'start', 'app.js', '--workers=2', '--', '--title', 'a "b"'],
  ]);
  t.deepEqual([instruction(text, 'STOPSIGNAL'), instruction(text, 'EXPOSE')], [['SIGTERM'], ['3000']]);
  t.true(instruction(text, 'ENV').includes('PORT=3000'));
  const lines = text.split('\n');
  const [user, run] = ['USER node', 'CMD '].map((start) => lines.findIndex((line) => line.startsWith(start)));
  t.true(user! > lines.findLastIndex((line) => line.startsWith('RUN ')) && user! < run!);
});

test('what was not delivered waits in a directory that the user of the image owns', (t) => {
  const text = dockerfileText(IMAGE);
  const state = instruction(text, 'ENV')
    .find((one) => one.startsWith('XDG_STATE_HOME='))!
    .split('=')[1]!;
  const made = instruction(text, 'RUN').find((one) => one.includes(`mkdir -p ${state}`))!;
  t.true(made.includes(`chown node:node ${state}`) && made.includes(`chmod 700 ${state}`));
});

test('neither modules of this machine nor variables with keys get into an image', (t) => {
  const lines = DOCKERIGNORE.trim().split('\n');
  for (const name of ['node_modules', '.env*', '.git']) t.true(lines.includes(name), name);
});
