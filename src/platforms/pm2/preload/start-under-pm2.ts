import { appendFileSync } from 'node:fs';
import { KfError, toKfError } from '../../../contract/errors.js';
import { bootWorker } from '../../../worker/boot/boot-worker.js';
import { bootUnderPm2 } from './pm2-boot.js';
import type { Pm2Facts } from './pm2-facts.js';
import { pm2Host, pm2Log } from './pm2-host.js';
import { hidePm2Preload } from './pm2-preload-flag.js';

/** Boots this process of pm2 as one of our workers. A bad setting ends it, as it would end a worker's boot. */
export async function startUnderPm2(facts: Pm2Facts): Promise<void> {
  // pm2 puts these in place only after all preloads: too late for OTEL_*.
  Object.assign(process.env, facts.env);
  if (facts.errorLog !== undefined) process.stderr.write = writeErrorsTo(facts.errorLog, process.stderr);
  try {
    refuseWrongForm(process.execArgv);
    hidePm2Preload();
    const { boot, env, warnings } = await bootUnderPm2(facts, process.env);
    Object.assign(process.env, env, {
      KF_WORKER_SLOT: String(boot.slot),
      KF_WORKER_GENERATION: String(boot.generation),
    });
    const log = pm2Log(boot);
    for (const warning of warnings) log.warn(warning);
    await bootWorker(boot, pm2Host(boot, facts));
  } catch (error) {
    process.stderr.write(toKfError(error).render());
    process.exit(toKfError(error).exitCode);
  }
}

/**
 * With `--import` Node loads the main module by its other loader, which does not load it again after it was held back
 * (Node 24).
 * @throws KfError CONFIG_INVALID
 */
function refuseWrongForm(execArgv: readonly string[]): void {
  const isImport = (arg: string, i: number) => arg.startsWith('--import=') || execArgv[i - 1] === '--import';
  if (!execArgv.some((arg, i) => isImport(arg, i) && arg.endsWith('/pm2-require.cjs'))) return;
  const fix = "node_args: ['--require', require.resolve('kf-cluster/pm2')]";
  throw new KfError('CONFIG_INVALID', '--import of pm2-require.cjs', 'it is the form for --require', { fix });
}

/**
 * The `write` of a stderr that goes to that file. Nobody reads the real one of a cluster worker, but what the file does not
 * take, on a full disk say, goes there: it must not end the boot. pm2's wrapper replaces this function by its own.
 */
export function writeErrorsTo(file: string, stderr: Pick<NodeJS.WriteStream, 'write'>): NodeJS.WriteStream['write'] {
  const write = stderr.write.bind(stderr);
  return (text: string | Uint8Array, encoding?: unknown, callback?: unknown) => {
    try {
      appendFileSync(file, text);
    } catch {
      write(text);
    }
    const done = typeof encoding === 'function' ? encoding : callback;
    if (typeof done === 'function') done();
    return true;
  };
}
