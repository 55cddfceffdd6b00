import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { watch } from '../helpers/cluster.js';
import { workDir } from '../helpers/control.js';
import { freePort } from '../helpers/raw.js';
import { root } from '../helpers/run-node.js';
import { has } from './tools.js';

/** A MariaDB that lets anybody in. Resolves with its port; undefined without one. */
export async function startMariadb(t: ExecutionContext): Promise<number | undefined> {
  if (!has(t, 'mariadbd', 'mariadb-server-core', ['--version'])) return undefined;
  const dir = workDir(t);
  const data = join(dir, 'data');
  const port = await freePort();
  const user = process.getuid?.() === 0 ? ['--user=root'] : [];
  const made = spawnSync('mariadb-install-db', ['--no-defaults', `--datadir=${data}`, '--skip-test-db', ...user], {
    encoding: 'utf8',
  });
  t.is(made.status, 0, made.stderr);
  const where = [`--datadir=${data}`, `--socket=${dir}/socket`, `--port=${port}`, '--bind-address=127.0.0.1'];
  const server = watch(t, 'mariadbd', ['--no-defaults', ...where, '--skip-grant-tables', ...user]);
  await server.line(/ready for connections/);
  return port;
}

const RABBIT = '/usr/lib/rabbitmq/bin/rabbitmq-server';

/** A RabbitMQ with a node name and a port mapper of its own. Resolves with its URL; undefined without one. */
export async function startRabbit(t: ExecutionContext): Promise<string | undefined> {
  if (!existsSync(RABBIT)) {
    t.log('no RabbitMQ here: apt-get install rabbitmq-server');
    t.pass();
    return undefined;
  }
  const dir = workDir(t);
  const [port, mapper, peers] = [await freePort(), await freePort(), await freePort()];
  const env = {
    HOME: dir,
    ERL_EPMD_PORT: String(mapper),
    RABBITMQ_NODENAME: `kf${port}@localhost`,
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_NODE_PORT: String(port),
    RABBITMQ_DIST_PORT: String(peers),
    RABBITMQ_MNESIA_BASE: join(dir, 'mnesia'),
    RABBITMQ_LOGS: '-',
    RABBITMQ_PID_FILE: join(dir, 'pid'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(dir, 'plugins'),
  };
  // Started here, and not as a daemon by the node, it ends with the test.
  await watch(t, 'epmd', ['-d', '-port', String(mapper), '-address', '127.0.0.1']).line(/epmd running/);
  t.teardown(() => {
    // The node outlives `rabbitmq-server`, which starts it.
    if (existsSync(env.RABBITMQ_PID_FILE)) process.kill(Number(readFileSync(env.RABBITMQ_PID_FILE, 'utf8')), 'SIGKILL');
  });
  const server = watch(t, RABBIT, [], { env, cwd: dir });
  await server.line(/Server startup complete|completed with \d+ plugins/);
  return `amqp://guest:guest@127.0.0.1:${port}`;
}

/** A server of S3's protocol with a bucket `shop`. Resolves with its URL. */
export async function startS3(t: ExecutionContext): Promise<string> {
  const dir = workDir(t);
  const port = await freePort();
  mkdirSync(join(dir, 'data'));
  const program = join(root, '.cache/interop/node_modules/s3rver/bin/s3rver.js');
  const args = ['-d', join(dir, 'data'), '-p', String(port), '-a', '127.0.0.1', '--configure-bucket', 'shop'];
  const server = watch(t, process.execPath, [program, ...args]);
  await server.line(/S3rver listening/);
  return `http://127.0.0.1:${port}`;
}
