import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { fixture, kfCluster } from '../helpers/cluster.js';
import { tree } from '../helpers/tree.js';

const APP = fixture('apps/http.cjs');

/** Arguments with the name of a FIFO in them, the exit code, and what is said. */
const FIFOS: Readonly<
  Record<string, readonly [args: (fifo: string) => readonly string[], code: number, said: RegExp]>
> = {
  // By its variable: of a flag called --env-file Node itself opens the file, before any code of ours runs.
  'env.fifo': [() => ['start', APP], 78, /error ENV_FILE: .*\n {2}why: .*a FIFO/],
  'headers.fifo': [
    (fifo) => ['start', APP, '--exporter-otlp-headers-file', fifo],
    78,
    /error HEADERS_FILE: .*\n {2}why: .*a FIFO/,
  ],
  'c.json': [(fifo) => ['start', APP, '--config', fifo], 78, /error CONFIG_UNREADABLE: .*\n {2}why: .*a FIFO/],
  'c.mjs': [(fifo) => ['start', APP, '--config', fifo], 78, /error CONFIG_UNREADABLE: .*\n {2}why: .*a FIFO/],
  'hooks.mjs': [(fifo) => ['start', APP, '--hooks', fifo], 78, /error HOOKS_UNREADABLE: .*\n {2}why: .*a FIFO/],
  'e.config.cjs': [(fifo) => ['start', fifo], 78, /error CONFIG_UNREADABLE: .*\n {2}why: .*a FIFO/],
  'e.yaml': [(fifo) => ['start', fifo], 78, /error CONFIG_UNREADABLE: .*\n {2}why: .*a FIFO/],
  'pid.fifo': [(fifo) => ['start', APP, '--pidfile', fifo], 78, /error PIDFILE: .*\n {2}why: .*no plain file/],
  'status.fifo': [(fifo) => ['status', '--pidfile', fifo], 78, /error PIDFILE: .*\n {2}why: .*a FIFO/],
};

for (const [name, [argsOf, code, said]] of Object.entries(FIFOS)) {
  test(`a FIFO as ${name} is an error at once, with its code and reason`, async (t) => {
    const cwd = tree(t, { 'package.json': '{}' });
    const fifo = join(cwd, name);
    spawnSync('mkfifo', [fifo]);
    const env = name === 'env.fifo' ? { KF_CLUSTER_ENV_FILE: fifo } : {};
    const running = kfCluster(t, argsOf(fifo), { cwd, env });
    t.is((await running.exit).code, code, running.stderr());
    t.regex(running.stderr(), said);
  });
}

test('an ecosystem file that aliases make huge is refused; one that shares an environment by an alias is not', async (t) => {
  const levels = Array.from({ length: 12 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i},`.repeat(9)}*a${i}]`);
  const bomb = ['a0: &a0 x', ...levels, `apps: [{ script: ${APP}, env: { X: *a12 } }]`].join('\n');
  const shared = [
    'shared: &shared { OTEL_TRACES_EXPORTER: none }',
    'apps:',
    `  - { name: one, script: ${APP}, env: *shared }`,
    `  - { name: two, script: ${APP}, env: *shared }`,
  ].join('\n');
  const cwd = tree(t, { 'bomb.yaml': bomb, 'shared.yaml': shared, 'package.json': '{}' });
  const refused = await failed(t, ['config', 'bomb.yaml'], cwd);
  t.regex(refused, /error CONFIG_UNREADABLE: .*\n {2}why: .*aliases make more than 100000 values/);
  const taken = kfCluster(t, ['config', 'shared.yaml'], { cwd });
  t.is((await taken.exit).code, 0, taken.stderr());
});

async function failed(t: ExecutionContext, args: readonly string[], cwd: string): Promise<string> {
  const running = kfCluster(t, args, { cwd });
  t.is((await running.exit).code, 78, running.stderr());
  return running.stderr();
}
