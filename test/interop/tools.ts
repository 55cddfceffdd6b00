import { spawnSync } from 'node:child_process';
import { chownSync, cpSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { type Running, watch } from '../helpers/cluster.js';
import { workDir } from '../helpers/control.js';
import { freePort } from '../helpers/raw.js';
import { root } from '../helpers/run-node.js';

/** Where `npm run interop` has installed the packages. */
const INSTALLED = join(root, '.cache/interop');
const HERE = join(root, 'test/interop');
/** The interpreter of Debian: grpcio is a package of its own. */
const PYTHON = '/usr/bin/python3';

/** Whether a program is here; where not the test says which package of Debian brings it, and ends. */
export function has(t: ExecutionContext, command: string, debian: string, args: readonly string[] = ['-v']): boolean {
  if (spawnSync(command, args).error === undefined) return true;
  t.log(`no ${command} here: apt-get install ${debian}`);
  t.pass();
  return false;
}

/** An app of test/interop/apps in a project of its own, with these of the installed packages, which it lists. */
export function project(t: ExecutionContext, app: string, dependencies: readonly string[]): string {
  const dir = workDir(t);
  const listed = Object.fromEntries(dependencies.map((name) => [name, '*']));
  writeFileSync(join(dir, 'package.json'), JSON.stringify({ name: 'shop', dependencies: listed }));
  for (const name of dependencies) {
    const link = join(dir, 'node_modules', name);
    mkdirSync(join(link, '..'), { recursive: true });
    symlinkSync(name === 'kf-cluster' ? root : join(INSTALLED, 'node_modules', name), link);
  }
  for (const file of readdirSync(join(HERE, 'apps'))) cpSync(join(HERE, 'apps', file), join(dir, file));
  return join(dir, app);
}

/** A file beside all installed packages, as an operator injects it. */
export function injected(file: string): string {
  const path = join(INSTALLED, file);
  cpSync(join(HERE, 'apps', file), path);
  return path;
}

/** A receiver on grpcio. Resolves with its port and what arrives; undefined without grpcio. */
export async function startGrpcio(t: ExecutionContext): Promise<{ port: number; names: () => string[] } | undefined> {
  if (spawnSync(PYTHON, ['-c', 'import grpc, google.protobuf']).status !== 0) {
    t.log('no grpcio here: apt-get install python3-grpcio python3-protobuf');
    t.pass();
    return undefined;
  }
  const receiver = watch(t, PYTHON, [join(HERE, 'receivers/grpcio.py')]);
  const [, port] = await receiver.line(/^port (\d+)/);
  const requests = () => receiver.lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
  return {
    port: Number(port),
    names: () => {
      t.true(requests().every(({ whole }) => whole));
      return requests().flatMap(({ names }) => names);
    },
  };
}

/** nginx in the foreground with one `http` block. @param http what stands in it; PORT is its port */
export async function startNginx(t: ExecutionContext, http: string): Promise<number> {
  const dir = workDir(t);
  const port = await freePort();
  const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${dir}/${name};`);
  writeFileSync(
    join(dir, 'nginx.conf'),
    `daemon off; master_process off; pid ${dir}/pid; error_log stderr notice; events {}
http { access_log off; ${temp.join(' ')} ${http.replaceAll('PORT', String(port))} }`,
  );
  const nginx = watch(t, 'nginx', ['-p', dir, '-c', join(dir, 'nginx.conf'), '-e', 'stderr']);
  await nginx.line(/start worker|using the "epoll" event method/);
  await listens(port);
  return port;
}

/** haproxy in the foreground. @param config behind its defaults; PORT is its port */
export async function startHaproxy(t: ExecutionContext, config: string): Promise<number> {
  const dir = workDir(t);
  const port = await freePort();
  const head = 'defaults\n  mode http\n  timeout connect 5s\n  timeout client 30s\n  timeout server 30s\n';
  writeFileSync(join(dir, 'haproxy.cfg'), head + config.replaceAll('PORT', String(port)));
  watch(t, 'haproxy', ['-f', join(dir, 'haproxy.cfg'), '-db']);
  await listens(port);
  return port;
}

/** A PostgreSQL of this test's own, as a user that may run one. Resolves with its URL; undefined without one. */
export async function startPostgres(t: ExecutionContext): Promise<string | undefined> {
  const bin = postgresBin();
  if (bin === undefined) {
    t.log('no PostgreSQL here: apt-get install postgresql');
    t.pass();
    return undefined;
  }
  const dir = join(workDir(t), 'data');
  const port = await freePort();
  mkdirSync(dir);
  const asNobody = process.getuid?.() === 0;
  if (asNobody) chownSync(dir, NOBODY, NOBODY);
  const wrap = asNobody ? ['setpriv', '--reuid', String(NOBODY), '--regid', String(NOBODY), '--clear-groups'] : [];
  const run = (name: string, ...args: string[]) => [...wrap, join(bin, name), ...args];
  if (asNobody) spawnSync('chmod', ['711', join(dir, '..')]);
  const [init, ...rest] = run('initdb', '-D', dir, '-U', 'shop', '--auth=trust', '--no-sync');
  const made = spawnSync(init!, rest, { encoding: 'utf8' });
  t.is(made.status, 0, made.stderr);
  const [start, ...args] = run('postgres', '-D', dir, '-p', String(port), '-k', '', '-h', '127.0.0.1', '-F');
  const server: Running = watch(t, start!, args);
  await server.line(/database system is ready to accept connections/);
  return `postgres://shop@127.0.0.1:${port}/postgres`;
}

const NOBODY = 65_534;

function postgresBin(): string | undefined {
  try {
    const [version] = readdirSync('/usr/lib/postgresql').toSorted().reverse();
    return version && `/usr/lib/postgresql/${version}/bin`;
  } catch {
    return undefined;
  }
}

async function listens(port: number): Promise<void> {
  for (;;) {
    const answered = await fetch(`http://127.0.0.1:${port}/`).then(
      () => true,
      (error) => (error as { cause?: { code?: string } }).cause?.code !== 'ECONNREFUSED',
    );
    if (answered) return;
  }
}
