import type { NamedHooks } from '../../../hooks/runner.js';

import type { WorkerBoot } from '../../config/boot-messages.js';
import { TELEMETRY } from './telemetry-source.js';

/** The worker's hooks in order of registration: the built-in telemetry first, so that its flush is the last hook. */
export async function loadWorkerHooks(boot: WorkerBoot): Promise<NamedHooks[]> {
  const all: NamedHooks[] = [];
  if (boot.telemetry) {
    const { telemetry } = await import('../../../hooks/telemetry.js');
    all.push({ source: TELEMETRY, hooks: telemetry(boot) });
  }
  if (boot.hookFiles.length === 0) return all;
  const { loadHookFiles } = await import('../../config/hook-files.js');
  for (const { file, hooks } of await loadHookFiles(boot.hookFiles)) all.push({ source: file, hooks });
  return all;
}
