import {
  copyFileSync,
  cpSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import type { FullStatus } from '../../src/contract/control-protocol.js';
import { NODE, type Running, watch } from '../helpers/cluster.js';
import { session, workDir } from '../helpers/control.js';
import { get } from '../helpers/http.js';
import '../helpers/json-log.js';
import { onLinux } from '../helpers/linux.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** A folder of releases, each with its own kf-cluster as npm would put it there. */
function deployments(t: ExecutionContext) {
  const root = workDir(t);
  const current = join(root, 'current');
  const packageOf = (release: string) => join(root, release, 'node_modules', 'kf-cluster');
  return {
    root,
    current,
    packageOf,
    install(release: string): void {
      mkdirSync(packageOf(release), { recursive: true });
      copyFileSync(join(ROOT, 'package.json'), join(packageOf(release), 'package.json'));
      cpSync(join(ROOT, 'dist/bundle'), join(packageOf(release), 'dist/bundle'), {
        recursive: true,
        filter: (path) => !path.endsWith('.map'),
      });
    },
    release(name: string): void {
      mkdirSync(join(root, name), { recursive: true });
      const app = `const s = require('node:http').createServer((q, r) => r.end('${name} ' + process.execPath));
        s.listen(0, '127.0.0.1', () => console.log('listening ' + s.address().port + ' ' + process.pid));`;
      writeFileSync(join(root, name, 'app.cjs'), app);
      writeFileSync(join(root, name, 'package.json'), '{ "name": "shop" }');
      symlinkSync(join(root, name), `${current}.next`);
      renameSync(`${current}.next`, current);
    },
    prune: (name: string) => rmSync(join(root, name), { recursive: true }),
  };
}

type Deployments = ReturnType<typeof deployments>;

function startCurrent(
  t: ExecutionContext,
  dirs: Deployments,
  options: { node?: string; args?: string[]; env: Record<string, string> },
): Running {
  const bin = join(dirs.packageOf('r1'), 'dist/bundle/bin.cjs');
  const args = [bin, 'start', 'app.cjs', '-w', '1', ...(options.args ?? ['--no-telemetry'])];
  return watch(t, options.node ?? NODE, args, { cwd: dirs.current, env: { ...options.env, PWD: dirs.current } });
}

/** Kills the worker that became ready last, and waits for its successor. Returns where that one listens. */
async function replaceWorker(cluster: Running): Promise<string> {
  const ready = cluster.events('worker-ready', { slot: 0 });
  process.kill(ready.at(-1)!.pid, 'SIGKILL');
  const all = await cluster.eventTimes('worker-ready', ready.length + 1, { slot: 0 });
  const [, port = ''] = await cluster.line(new RegExp(`^listening (\\d+) ${all.at(-1)?.pid}$`));
  return port;
}

for (const args of [['--no-telemetry'], ['--exporter-otlp-endpoint', 'http://127.0.0.1:9']]) {
  test(`the release that the supervisor was started from is removed: reload and restarts work, ${args[0]}`, async (t) => {
    const dirs = deployments(t);
    const { run, env } = session(t);
    dirs.install('r1');
    dirs.release('r1');
    const cluster = startCurrent(t, dirs, { args, env });
    await cluster.ready(1);
    dirs.release('r2');
    dirs.prune('r1');
    t.is((await run('reload')).code, 0);
    await cluster.event('runs-on-copy');
    t.regex((await get(await replaceWorker(cluster))).body, /^r2 /);
    const status: FullStatus = JSON.parse((await run('status', '--json')).stdout);
    t.is(status.workers[0]?.software?.script, join(dirs.root, 'r2', 'app.cjs'));
    t.is(status.workers[0]?.software?.build, status.build);
    t.is((await run('stop')).code, 0);
    t.is((await cluster.exit).code, 0);
  });
}

test('the release of the generation that serves is removed: the file is named, and a reload to another one mends it', async (t) => {
  const dirs = deployments(t);
  const { run, env } = session(t);
  dirs.install('r1');
  dirs.release('r1');
  const cluster = startCurrent(t, dirs, { env });
  const { pid } = await cluster.event('worker-ready', { slot: 0 });
  dirs.release('r2');
  dirs.prune('r1');
  process.kill(pid, 'SIGKILL');
  await cluster.line(/why: .*r1\/app\.cjs is gone/);
  await cluster.eventTimes('worker-exit', 3, { slot: 0, reason: 'fork-failed' });
  t.is((await run('reload')).code, 0);
  t.is((await run('stop')).code, 0);
});

test('the files of kf-cluster are written over by another build: the reload is refused with the reason', async (t) => {
  const dirs = deployments(t);
  const { run, env } = session(t);
  dirs.install('r1');
  dirs.release('r1');
  const cluster = startCurrent(t, dirs, { env });
  await cluster.ready(1);
  const bundle = join(dirs.packageOf('r1'), 'dist/bundle');
  truncateSync(join(bundle, 'held.gz'), 10);
  // As long as before: code that is kept of a text as long must not be taken for it.
  for (const file of ['plain.cjs', 'plain-worker.cjs'].map((name) => join(bundle, name))) {
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll(/\d+\.\d+\.\d+\+[0-9a-f]{8}/g, '9.9.9+00000000'));
  }
  const reload = await run('reload');
  t.is(reload.code, 1);
  t.regex(reload.stderr, /BUILD_MISMATCH: this worker is kf-cluster 9\.9\.9\+00000000/);
  t.regex(reload.stderr, /fix: Stop the supervisor and start it again; see docs\/UPGRADE\.md/);
  t.is((await run('stop')).code, 0);
});

test('another version of kf-cluster in the next release is told by the reload', async (t) => {
  const dirs = deployments(t);
  const { run, env } = session(t);
  dirs.install('r1');
  dirs.release('r1');
  const cluster = startCurrent(t, dirs, { env });
  await cluster.ready(1);
  dirs.release('r2');
  mkdirSync(dirs.packageOf('r2'), { recursive: true });
  writeFileSync(join(dirs.packageOf('r2'), 'package.json'), '{ "name": "kf-cluster", "version": "9.9.9" }');
  t.is((await run('reload')).code, 0);
  await cluster.event('other-release', { version: '9.9.9' });
  t.is((await run('stop')).code, 0);
});

test('the Node binary is removed: workers run on, by the program itself, and so do their own processes', async (t) => {
  if (!onLinux(t, '/proc/self/exe')) return;
  const dirs = deployments(t);
  const { run, env } = session(t);
  dirs.install('r1');
  dirs.release('r1');
  const node = join(dirs.root, 'node');
  copyFileSync(NODE, node);
  const cluster = startCurrent(t, dirs, { env, node });
  await cluster.ready(1);
  rmSync(node);
  t.is((await get(await replaceWorker(cluster))).body, 'r1 /proc/self/exe');
  copyFileSync('/bin/true', node); // another program under the name
  t.is((await get(await replaceWorker(cluster))).body, 'r1 /proc/self/exe');
  t.is((await run('stop')).code, 0);
  t.is((await cluster.exit).code, 0);
});

test('the working directory is removed: workers start in that of their script', async (t) => {
  const dirs = deployments(t);
  const { run, env } = session(t);
  dirs.install('r1');
  dirs.release('r1');
  const cwd = join(dirs.root, 'here');
  mkdirSync(cwd);
  const bin = join(dirs.packageOf('r1'), 'dist/bundle/bin.cjs');
  const args = [bin, 'start', join(dirs.current, 'app.cjs'), '-w', '1', '--no-telemetry'];
  const cluster = watch(t, NODE, args, { cwd, env: { ...env, PWD: cwd } });
  await cluster.ready(1);
  rmSync(cwd, { recursive: true });
  await replaceWorker(cluster);
  await cluster.event('folder-gone', { cwd, instead: join(dirs.root, 'r1') });
  t.is((await run('reload')).code, 0);
  t.is((await run('stop')).code, 0);
});

test('what the supervisor loads only when it is needed comes from the build that it was started with', async (t) => {
  const dirs = deployments(t);
  const { run, env } = session(t);
  dirs.install('r1');
  dirs.release('r1');
  const cluster = startCurrent(t, dirs, { env });
  await cluster.ready(1);
  dirs.release('r2');
  writeFileSync(join(dirs.root, 'r2', 'kf-cluster.config.json'), '{ "workers": 2, "drainTimeout": "3s" }');
  dirs.prune('r1');
  const { code, stderr } = await run('reload');
  t.is(code, 0, stderr);
  t.is((await run('stop')).code, 0);
  t.is((await cluster.exit).code, 0);
});

test('release and Node are removed: a worker that is stopped does not outlive a supervisor that is killed', async (t) => {
  if (!onLinux(t, '/proc/self/exe')) return;
  const dirs = deployments(t);
  const { env } = session(t);
  dirs.install('r1');
  dirs.release('r1');
  const node = join(dirs.root, 'node');
  copyFileSync(NODE, node);
  const cluster = startCurrent(t, dirs, { env, node, args: ['--no-telemetry', '--hang-timeout', '1s'] });
  const { pid } = await cluster.event('worker-ready', { slot: 0 });
  dirs.prune('r1');
  rmSync(node);
  process.kill(pid, 'SIGSTOP');
  cluster.kill('SIGKILL');
  // Its output ends when the last process that holds it has ended.
  t.is((await cluster.exit).signal, 'SIGKILL');
  t.regex(cluster.stderr(), new RegExp(`ending worker process ${pid}: no sign of life`));
});
