import test from 'ava';
import { readCompose } from '../../src/diagnose/deployment/compose.js';

/** The one service of a compose file. */
function service(fields: Record<string, unknown>) {
  const [one] = readCompose('compose.yaml', { services: { web: fields } });
  if (!one) throw new Error('no service');
  return one;
}

function inBraces(variable: string): string {
  return `$\{${variable}}`;
}

test('a variable that compose puts together is not in the file, in each of its forms', (t) => {
  const { env } = service({
    environment: {
      A: '$HOST',
      B: inBraces('HOST'),
      C: inBraces('HOST:-localhost'),
      D: `http://${inBraces('HOST:?required')}:4317`,
      E: '',
      F: null,
    },
  });
  for (const name of ['A', 'B', 'C', 'D', 'E', 'F']) t.deepEqual(env[name], { value: undefined, source: 'file' }, name);
});

test('what stands there stands there: numbers, equals signs, and a dollar that is written twice', (t) => {
  const { env } = service({ environment: ['A=1', 'B=x=y=z', 'C=100$$', 'D', 'E=$$HOME', 'F=5$'] });
  t.deepEqual(
    ['A', 'B', 'C', 'D', 'E', 'F'].map((name) => env[name]?.value),
    ['1', 'x=y=z', '100$', undefined, '$HOME', '5$'],
  );
});

test('the grace period is ten seconds where none is given', (t) => {
  t.like(service({}), { graceMs: 10_000, graceDefault: true });
  t.like(service({ stop_grace_period: '1m30s' }), { graceMs: 90_000, graceDefault: false });
});

test('limits are those of deploy, or of the older form', (t) => {
  const deploy = { resources: { limits: { cpus: '0.5', memory: '512M' } } };
  t.like(service({ deploy, cpus: 4, mem_limit: '9g' }), { cpus: 0.5, memory: 512 * 1024 ** 2 });
  t.like(service({ cpus: 4, mem_limit: '1g' }), { cpus: 4, memory: 1024 ** 3 });
});

test('a shell in front is seen, and words are those of a shell', (t) => {
  t.like(service({ command: 'kf-cluster start "my app.js"' }), {
    command: ['kf-cluster', 'start', 'my app.js'],
    shell: false,
  });
  t.true(service({ entrypoint: 'node app.js' }).shell);
  t.true(service({ entrypoint: ['/bin/sh', '-c'], command: ['node app.js'] }).shell);
});

test('volumes are where they are mounted, in each form', (t) => {
  const { volumes } = service({ volumes: ['data:/var/lib:ro', '/spool', { target: '/cache' }] });
  t.deepEqual(volumes, ['/var/lib', '/spool', '/cache']);
});

test('what is no compose file has no services', (t) => {
  for (const no of [undefined, null, 'text', [], {}, { services: [] }, { services: { a: 'b' } }])
    t.deepEqual(readCompose('compose.yaml', no), []);
});
