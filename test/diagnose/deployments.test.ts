import test from 'ava';
import { readDockerfile } from '../../src/diagnose/deployment/dockerfile.js';
import { readConfigMap, readKubernetes } from '../../src/diagnose/deployment/kubernetes.js';
import { readProcfile, readScripts } from '../../src/diagnose/deployment/scripts.js';
import { readUnit } from '../../src/diagnose/deployment/systemd.js';

const values = (env: Readonly<Record<string, { readonly value: string | undefined }>>) =>
  Object.fromEntries(Object.entries(env).map(([name, { value }]) => [name, value]));

test('a Dockerfile: its last words count, the variables of all stages do', (t) => {
  const one = readDockerfile(
    'Dockerfile',
    [
      'FROM node:18 AS build',
      'ENV A=1 B="two words" \\',
      '    C=3',
      '# CMD ["node", "old.js"]',
      'CMD ["node", "first.js"]',
      'FROM registry.example/node:24-slim',
      'env D four five',
      'ARG TOKEN',
      'RUN npm ci --omit=dev',
      'USER node',
      'ENTRYPOINT ["tini", "--"]',
      'CMD ["kf-cluster", "start", "app.js"]',
    ].join('\r\n'),
  );
  t.deepEqual(values(one.env), { A: '1', B: 'two words', C: '3', D: 'four five', TOKEN: '' });
  t.like(one, { command: ['tini', '--', 'kf-cluster', 'start', 'app.js'], shell: false, node: '24' });
  t.deepEqual(one.fields, { stopSignal: undefined, user: 'node', withoutDev: true });
});

test('a command of a Dockerfile that is no list runs in a shell, and so does one whose list is malformed', (t) => {
  t.like(readDockerfile('f', 'CMD kf-cluster start "my app.js"'), {
    command: ['kf-cluster', 'start', 'my app.js'],
    shell: true,
  });
  t.like(readDockerfile('f', "CMD ['node', 'app.js']"), { command: ["['node', 'app.js']"], shell: true });
  t.like(readDockerfile('f', 'ENTRYPOINT run.sh\nCMD ["x"]'), { shell: true });
  t.like(readDockerfile('f', 'FROM scratch'), { command: [], shell: false, node: undefined, env: {} });
  t.like(readDockerfile('f', 'CMD node "unclosed'), { command: ['node "unclosed'], shell: true });
});

test('what installs without devDependencies is seen, whichever the package manager', (t) => {
  const withoutDev = (run: string) => readDockerfile('f', `RUN ${run}`).fields?.withoutDev;
  for (const run of ['npm ci --omit=dev', 'npm install --production', 'pnpm i --prod', 'yarn install --production'])
    t.true(withoutDev(run), run);
  for (const run of ['npm ci', 'npm run build --prod', 'echo --omit=dev']) t.false(withoutDev(run), run);
});

test('the containers of a manifest, whatever controls their pods', (t) => {
  const pod = { containers: [{ name: 'web', command: ['kf-cluster', 'start'] }] };
  const named = { metadata: { name: 'shop' } };
  for (const document of [
    { kind: 'Pod', ...named, spec: pod },
    { kind: 'Deployment', ...named, spec: { template: { spec: pod } } },
    { kind: 'StatefulSet', ...named, spec: { template: { spec: pod } } },
    { kind: 'CronJob', ...named, spec: { jobTemplate: { spec: { template: { spec: pod } } } } },
  ]) {
    const found = readKubernetes('k.yaml', document);
    t.deepEqual(
      found.map(({ name, graceMs, graceDefault }) => [name, graceMs, graceDefault]),
      [['shop', 30_000, true]],
      document.kind,
    );
  }
});

test('what is no pod has no containers', (t) => {
  for (const no of [
    ...[undefined, [], 'text', {}, { kind: 'Service', spec: {} }, { kind: 'Deployment' }, { kind: 7 }],
    { kind: 'Deployment', spec: { template: 'text' } },
    { kind: 'CronJob', spec: { jobTemplate: { spec: {} } } },
    { kind: 'Pod', spec: { containers: 'none' } },
  ])
    t.deepEqual(readKubernetes('k.yaml', no), []);
});

test('containers of one pod have names of their own, and sidecars are their neighbours', (t) => {
  const [web, log] = readKubernetes('k.yaml', {
    kind: 'Pod',
    metadata: { name: 'shop' },
    spec: {
      terminationGracePeriodSeconds: 40,
      initContainers: [{ name: 'otelcol', restartPolicy: 'Always' }, { name: 'migrate' }],
      volumes: [{ name: 'tmp', emptyDir: {} }, { name: 'data' }],
      containers: [
        {
          name: 'web',
          command: ['/bin/sh', '-c'],
          args: ['kf-cluster start app.js'],
          resources: { limits: { cpu: '500m', memory: '256Mi' } },
          volumeMounts: [
            { name: 'tmp', mountPath: '/tmp' },
            { name: 'data', mountPath: '/data' },
          ],
          lifecycle: { preStop: { exec: { command: ['sh', '-c', 'sleep 5; true'] } } },
          readinessProbe: { httpGet: { path: '/readyz', port: 9464 } },
        },
        { name: 'log', lifecycle: { preStop: { sleep: { seconds: 7 } } }, envFrom: [{}] },
      ],
    },
  });
  t.like(web, { name: 'shop/web', graceMs: 35_000, graceDefault: false, shell: true, cpus: 0.5, memory: 2 ** 28 });
  t.deepEqual(web?.volumes, ['/data'], 'an emptyDir does not outlive the pod');
  t.deepEqual(web?.neighbours, ['web', 'log', 'otelcol']);
  t.like(web?.fields, { asksHealth: true, hostNetwork: false });
  t.like(log, { name: 'shop/log', graceMs: 33_000 });
  t.false(log?.fields?.asksHealth);
});

test('where a variable of a container comes from', (t) => {
  const [one] = readKubernetes('k.yaml', {
    kind: 'Pod',
    spec: {
      containers: [
        {
          env: [
            { name: 'A', value: 1 },
            { name: 'B', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
            { name: 'C', valueFrom: { configMapKeyRef: { name: 'c', key: 'k' } } },
            { name: 'D', valueFrom: { fieldRef: { fieldPath: 'status.hostIP' } } },
            { name: 'E' },
          ],
        },
      ],
    },
  });
  t.deepEqual(one?.env, {
    A: { value: '1', source: 'literal' },
    B: { value: undefined, source: 'secret' },
    C: { value: undefined, source: 'config-map' },
    D: { value: 'fieldRef:status.hostIP', source: 'field' },
    E: { value: '', source: 'literal' },
  });
});

test('a ConfigMap is settings that everybody reads; a Secret is none of them', (t) => {
  const data = { KEY: 'abc', PORT: 3000 };
  t.deepEqual(readConfigMap('c.yaml', { kind: 'ConfigMap', metadata: { name: 'shop' }, data }), [
    { file: 'c.yaml', name: 'shop', values: { KEY: 'abc', PORT: '3000' } },
  ]);
  for (const no of [{ kind: 'Secret', data }, { kind: 'ConfigMap' }, { kind: 'ConfigMap', data: 'x' }, 'text'])
    t.deepEqual(readConfigMap('c.yaml', no), []);
});

test('a unit of systemd: the last ExecStart, its variables, and how long it waits', (t) => {
  const unit = (...lines: string[]) => readUnit('etc/shop.service', ['[Service]', ...lines].join('\n'))[0];
  t.deepEqual(readUnit('x.service', '[Unit]\nDescription=x'), []);
  const one = unit(
    'ExecStart=/bin/false',
    'ExecStart=-+/srv/kf-cluster start \\',
    '  app.js',
    'Environment=A=1 "B=two words" C=x=y',
    'Environment=D=4 novalue',
    'CPUQuota=150%',
    'MemoryMax=1G',
    'KillMode=mixed',
  );
  t.like(one, { name: 'shop', command: ['/srv/kf-cluster', 'start', 'app.js'], cpus: 1.5, memory: 2 ** 30 });
  t.like(one, { graceMs: 90_000, graceDefault: true });
  t.deepEqual(values(one?.env ?? {}), { A: '1', B: 'two words', C: 'x=y', D: '4' });
  t.is(one?.fields?.killMode, 'mixed');
  t.like(unit('ExecStart=x', 'TimeoutSec=5', 'TimeoutStopSec=1min 30s'), { graceMs: 90_000, graceDefault: false });
  t.is(unit('ExecStart=x', 'TimeoutStopSec=infinity')?.graceMs, Number.POSITIVE_INFINITY);
  t.deepEqual(unit('ExecStart=x', 'EnvironmentFile=/etc/shop.env')?.env[''], { value: undefined, source: 'file' });
});

test('a script of package.json: the variables in front of a command, with and without a helper', (t) => {
  const [start, env, only, open] = readScripts('package.json', {
    scripts: {
      start: 'A=1 B="x y" kf-cluster start app.js',
      dev: 'cross-env NODE_ENV=development node app.js',
      only: 'A=1',
      open: "echo 'unclosed",
    },
  });
  t.like(start, { name: 'script start', command: ['kf-cluster', 'start', 'app.js'], shell: true });
  t.deepEqual(values(start?.env ?? {}), { A: '1', B: 'x y' });
  t.deepEqual([env?.command, values(env?.env ?? {})], [['node', 'app.js'], { NODE_ENV: 'development' }]);
  t.deepEqual([only?.command, values(only?.env ?? {})], [[], { A: '1' }]);
  t.deepEqual(open?.command, ['echo', "'unclosed"]);
  t.deepEqual(readScripts('package.json', { scripts: 'none' }), []);
});

test('a Procfile has a process a line; what is none is left out', (t) => {
  const found = readProcfile('Procfile', 'web: PORT=1 node app.js\r\n\n# no\nworker:node w.js\nnothing:\n');
  t.deepEqual(
    found.map(({ name, command }) => [name, command]),
    [
      ['web', ['node', 'app.js']],
      ['worker', ['node', 'w.js']],
    ],
  );
});
