import { createHash } from 'node:crypto';
import { cpSync, existsSync, readFileSync, symlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { NODE, type Running, watch } from '../helpers/cluster.js';
import { workDir } from '../helpers/control.js';
import { node24 } from '../helpers/nodes.js';
import { packedBin } from '../helpers/packed.js';
import { freePort } from '../helpers/raw.js';
import { root } from '../helpers/run-node.js';

const NODE_22 = 22;
let bin: string | undefined;

export interface AppSpec {
  /** Of test/apps/apps. */
  readonly file: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly flags?: readonly string[];
  /** Its packages ask for Node 22 or newer. */
  readonly newer?: true;
}

export interface Served extends Running {
  readonly port: number;
  /** Replaces all workers; resolves when the new generation serves. */
  reload(generation: number): Promise<void>;
  /** Resolves with the exit code of the stop. */
  stop(): Promise<number | null>;
}

/** Two workers of the app, by the packed package, in a folder as a user has it. */
export async function serveApp(t: ExecutionContext, app: AppSpec): Promise<Served> {
  const cwd = workDir(t);
  cpSync(join(root, 'test/apps/apps', app.file), join(cwd, app.file));
  symlinkSync(join(installed('apps'), 'node_modules'), join(cwd, 'node_modules'));
  const port = await freePort();
  bin ??= packedBin();
  const args = [bin, 'start', app.file, '-w', '2', '--name', basename(cwd), ...(app.flags ?? [])];
  const cluster = watch(t, nodeFor(app), args, { cwd, env: { PORT: String(port), ...app.env } });
  await cluster.line(/ready: 2 workers/);
  return {
    ...cluster,
    port,
    reload: async (generation) => {
      cluster.kill('SIGHUP');
      await cluster.line(new RegExp(`reload: generation ${generation} serves`));
    },
    stop: async () => {
      cluster.kill('SIGTERM');
      return (await cluster.exit).code;
    },
  };
}

/** The folder in which `npm run apps` has installed the packages of that folder of test/. */
export function installed(folder: 'apps' | 'frameworks'): string {
  const lock = readFileSync(join(root, 'test', folder, 'package-lock.json'));
  const path = join(root, '.cache', folder, createHash('sha256').update(lock).digest('hex').slice(0, 16));
  if (!existsSync(path))
    throw new Error(`the packages of test/${folder} are not there: run \`npm run ${folder}\` first`);
  return path;
}

function nodeFor({ newer }: AppSpec): string {
  return newer && Number.parseInt(process.versions.node, 10) < NODE_22 && NODE === process.execPath ? node24() : NODE;
}
