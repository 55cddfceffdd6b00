import nodeCluster from 'node:cluster';
import { addHooks } from '../../hooks/app-hooks.js';
import { HOOK_SIDES, type Hooks } from '../../hooks/types.js';
import type { UserOptions } from '../config/define.js';
import { isHookName } from '../config/hook-exports.js';
import type { LoadInput } from '../config/load-options.js';
import { Cluster } from './cluster.js';

export { Cluster, type ClusterEvents } from './cluster.js';

/** Every option of the command line in camel case, the hooks, and the environment for workers. */
export interface OneFileOptions extends UserOptions, Hooks {
  /** Arguments for the app, its `process.argv.slice(2)`. */
  readonly args?: readonly string[];
}

export interface SetupOptions extends OneFileOptions {
  /** The app. Relative to the working directory. */
  readonly script: string;
}

/** The API in code. */
interface ClusterApi {
  readonly isPrimary: boolean;
  readonly isWorker: boolean;
  /**
   * With `script`: a supervisor for that app; nothing happens before its `start()`.
   *
   * Without: for the top of the app's own file, to be awaited. In the primary it supervises workers that run this same
   * file, and never settles; the process exits with the cluster. In a worker it runs the postFork hooks and resolves,
   * and the rest of the file is the app.
   *
   * @throws KfError CONFIG_INVALID, OTEL_INVALID, PROVIDER_IN_PRIMARY and the others of errors.ts; from `start()` when
   * there is a script.
   */
  setup(options: SetupOptions): Cluster;
  setup(options?: OneFileOptions): Promise<void>;
}

export const cluster: ClusterApi = {
  isPrimary: nodeCluster.isPrimary,
  isWorker: nodeCluster.isWorker,
  setup,
};

function setup(options: SetupOptions): Cluster;
function setup(options?: OneFileOptions): Promise<void>;
function setup(options: Partial<SetupOptions> = {}): Cluster | Promise<void> {
  const { script } = options;
  if (script !== undefined) return new Cluster(loadInput(script, options));
  return nodeCluster.isWorker ? setUpWorker(options) : supervise(options);
}

/** What is wrong with them the primary has said before it forked. */
async function setUpWorker(hooks: Hooks): Promise<void> {
  const ofWorker = Object.entries(hooks).filter(([name]) => isHookName(name) && HOOK_SIDES[name] === 'worker');
  await addHooks(Object.fromEntries(ofWorker));
}

async function supervise(options: OneFileOptions): Promise<void> {
  const { main } = await import('./one-file.js');
  await main(loadInput(process.argv[1] ?? '', { args: process.argv.slice(2), ...options }));
}

function loadInput(script: string, options: Partial<SetupOptions>): LoadInput {
  const { script: _script, args = [], env = {}, ...rest } = options;
  const isHook = ([name]: [string, unknown]) => isHookName(name);
  const entries = Object.entries(rest);
  return {
    script,
    args,
    flags: {},
    environment: process.env,
    cwd: process.cwd(),
    code: {
      values: Object.fromEntries(entries.filter((entry) => !isHook(entry))) as NonNullable<LoadInput['code']>['values'],
      env,
    },
    inlineHooks: Object.fromEntries(entries.filter(isHook)),
    color: Boolean(process.stderr.isTTY) && !process.env.NO_COLOR,
  };
}
