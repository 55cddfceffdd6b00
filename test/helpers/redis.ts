import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { watch } from './cluster.js';
import { workDir } from './control.js';
import { freePort } from './raw.js';
import { root } from './run-node.js';

/** Debian's packages, where `npm run apps` has unpacked them. */
const UNPACKED = join(root, '.cache/redis/usr');
const LIBRARIES = ['x86_64-linux-gnu', 'aarch64-linux-gnu'].map((machine) => join(UNPACKED, 'lib', machine)).join(':');

/** Whether there is a Redis on this machine or one that `npm run apps` could get. */
export function hasRedis(): boolean {
  return command() !== undefined;
}

/** A Redis of this test's own, which keeps nothing. Resolves with its port. */
export async function startRedis(t: ExecutionContext): Promise<number> {
  const found = command();
  if (!found) throw new Error('no redis-server here: run `npm run apps` first');
  const port = await freePort();
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', workDir(t)];
  const server = watch(t, found, args, { env: { LD_LIBRARY_PATH: LIBRARIES } });
  await server.line(/Ready to accept connections/);
  return port;
}

function command(): string | undefined {
  if (spawnSync('redis-server', ['--version']).status === 0) return 'redis-server';
  const unpacked = join(UNPACKED, 'bin/redis-server');
  return existsSync(unpacked) ? unpacked : undefined;
}
