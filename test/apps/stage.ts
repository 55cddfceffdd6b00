import { cpSync, existsSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { NODE, type Running, watch } from '../helpers/cluster.js';
import { workDir } from '../helpers/control.js';
import '../helpers/json-log.js';
import { node24 } from '../helpers/nodes.js';
import { packedBin } from '../helpers/packed.js';
import { freePort } from '../helpers/raw.js';
import { root } from '../helpers/run-node.js';

const NODE_22 = 22;
let bin: string | undefined;

export interface AppSpec {
  /** Copied with all that is in it; default test/apps/apps. */
  readonly folder?: string;
  /** What is run where it is installed, and not copied. */
  readonly installed?: 'frameworks/next' | 'frameworks/nuxt';
  readonly file: string;
  readonly args?: readonly string[];
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
  const cwd = app.installed ? installed(app.installed) : appFolder(t, app);
  const port = await freePort();
  bin ??= packedBin();
  const args = [bin, 'start', app.file, '-w', '2', '--name', `app-${port}`, ...(app.flags ?? [])];
  if (app.args) args.push('--', ...app.args);
  const node = nodeFor(app);
  if (node === undefined) throw new Error('this app needs a newer Node: its test asks isHere() first');
  const cluster = watch(t, node, args, { cwd, env: { PORT: String(port), ...app.env } });
  await cluster.ready(2);
  return {
    ...cluster,
    port,
    reload: async (generation) => {
      cluster.kill('SIGHUP');
      await cluster.event('reload-done', { generation });
    },
    stop: async () => {
      cluster.kill('SIGTERM');
      return (await cluster.exit).code;
    },
  };
}

/** A copy of the app with the packages beside it. */
function appFolder(t: ExecutionContext, { folder = 'test/apps/apps' }: AppSpec): string {
  const cwd = workDir(t);
  cpSync(join(root, folder), cwd, { recursive: true });
  symlinkSync(join(installed('apps'), 'node_modules'), join(cwd, 'node_modules'));
  return cwd;
}

/** The folder into which `npm run apps` or `npm run frameworks` has installed that folder of test/. */
export function installed(folder: 'apps' | 'frameworks/next' | 'frameworks/nuxt'): string {
  const path = join(root, '.cache', folder);
  if (existsSync(join(path, '.key'))) return path;
  throw new Error(`test/${folder} is not installed: run \`npm run ${folder.split('/')[0]}\` first`);
}

/** Undefined where the newer Node that it needs is not installed. */
export function nodeFor({ newer }: AppSpec): string | undefined {
  return newer && Number.parseInt(process.versions.node, 10) < NODE_22 && NODE === process.execPath ? node24() : NODE;
}
