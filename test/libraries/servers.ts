import { execFileSync, spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Owner, watch } from '../helpers/cluster.js';
import { freePort } from '../helpers/raw.js';
import type { ServerName } from './types.js';

/** A real server of this run's own: its port, or why there is none. */
export type ServerState = { readonly port: number } | { readonly missing: string };

/** Starts each server when it is first asked for. */
export function createServers(owner: Owner): (name: ServerName) => Promise<ServerState> {
  const started = new Map<ServerName, Promise<ServerState>>();
  return (name) => {
    const known = started.get(name) ?? start(owner, name);
    started.set(name, known);
    return known;
  };
}

interface Place {
  readonly binary: string;
  readonly dir: string;
  readonly port: number;
}

interface Server {
  /** Debian's package, for who has none. */
  readonly debian: string;
  binary(): string | undefined;
  begin(owner: Owner, place: Place): Promise<unknown>;
}

const SERVERS = {
  redis: {
    debian: 'redis-server',
    binary: () => onPath('redis-server'),
    begin: (owner, { binary, dir, port }) =>
      watch(owner, binary, ['--port', String(port), '--save', '', '--dir', dir]).line(/Ready to accept connections/),
  },
  memcached: {
    debian: 'memcached',
    binary: () => onPath('memcached'),
    begin: (owner, { binary, port }) =>
      watch(owner, binary, ['-vv', '-u', 'nobody', '-l', '127.0.0.1', '-p', String(port)]).line(/server listening/),
  },
  postgres: {
    debian: 'postgresql',
    binary: () => newestPostgres('/usr/lib/postgresql'),
    begin: beginPostgres,
  },
  mariadb: { debian: 'mariadb-server', binary: () => onPath('mariadbd'), begin: beginMariadb },
  rabbitmq: {
    debian: 'rabbitmq-server',
    binary: () => ['/usr/lib/rabbitmq/bin/rabbitmq-server'].find((path) => existsSync(path)),
    begin: beginRabbit,
  },
} satisfies Record<ServerName, Server>;

async function start(owner: Owner, name: ServerName): Promise<ServerState> {
  const server: Server = SERVERS[name];
  const binary = server.binary();
  if (binary === undefined) return { missing: `no ${name} on this machine: apt-get install ${server.debian}` };
  const dir = mkdtempSync(join(tmpdir(), `kf-${name}-`));
  owner.teardown(() => rmSync(dir, { recursive: true, force: true, maxRetries: 5 }));
  const port = await freePort();
  await server.begin(owner, { binary, dir, port });
  return { port };
}

function onPath(command: string): string | undefined {
  const found = spawnSync('sh', ['-c', `command -v ${command}`], { encoding: 'utf8' });
  return found.status === 0 ? found.stdout.trim() : undefined;
}

/** Debian keeps the versions side by side, and none on the path. */
function newestPostgres(folder: string): string | undefined {
  const versions = existsSync(folder) ? readdirSync(folder) : [];
  return versions.map((version) => join(folder, version, 'bin/postgres')).findLast((path) => existsSync(path));
}

/** It refuses to run as root. */
async function beginPostgres(owner: Owner, { binary, dir, port }: Place): Promise<void> {
  const asRoot = process.getuid?.() === 0;
  const user = asRoot ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups'] : ['env'];
  if (asRoot) {
    const [uid, gid] = ['-u', '-g'].map((flag) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' })));
    chownSync(dir, uid ?? 0, gid ?? 0);
  }
  const [command = '', ...prefix] = user;
  const data = join(dir, 'data');
  execFileSync(command, [...prefix, join(binary, '../initdb'), '-D', data, '-U', 'shop', '--auth=trust', '--no-sync'], {
    stdio: 'ignore',
  });
  const args = ['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', dir, '-F'];
  await watch(owner, command, [...prefix, binary, ...args]).line(/ready to accept connections/);
}

/** Its tables of users are not looked at: everybody may do everything. */
async function beginMariadb(owner: Owner, { binary, dir, port }: Place): Promise<void> {
  const user = process.getuid?.() === 0 ? ['--user=root'] : [];
  const data = join(dir, 'data');
  execFileSync('mariadb-install-db', ['--no-defaults', `--datadir=${data}`, ...user], { stdio: 'ignore' });
  const args = ['--no-defaults', `--datadir=${data}`, `--socket=${join(dir, 's')}`, '--skip-grant-tables', ...user];
  const network = ['--skip-networking=0', '--bind-address=127.0.0.1', `--port=${port}`];
  await watch(owner, binary, [...args, ...network]).line(/ready for connections/);
}

/** Erlang's port mapper is one of this run's own too: it outlives the server, and ends with the run. */
async function beginRabbit(owner: Owner, { binary, dir, port }: Place): Promise<void> {
  const env = {
    HOME: dir,
    ERL_EPMD_PORT: String(await freePort()),
    RABBITMQ_DIST_PORT: String(await freePort()),
    RABBITMQ_NODENAME: `shop${port}@localhost`,
    RABBITMQ_NODE_PORT: String(port),
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_MNESIA_BASE: join(dir, 'data'),
    RABBITMQ_LOG_BASE: join(dir, 'log'),
    RABBITMQ_PID_FILE: join(dir, 'pid'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(dir, 'plugins'),
    RABBITMQ_CONFIG_FILE: join(dir, 'none'),
  };
  owner.teardown(() => void spawnSync('epmd', ['-kill'], { env: { ...process.env, ...env } }));
  const server = watch(owner, binary, [], { env });
  owner.teardown(() => {
    if (existsSync(env.RABBITMQ_PID_FILE)) process.kill(Number(readFileSync(env.RABBITMQ_PID_FILE, 'utf8')), 'SIGKILL');
  });
  await server.line(/completed with \d+ plugins/);
}
