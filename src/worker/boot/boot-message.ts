import type { WorkerBoot } from '../../config/boot-messages.js';
import { BOOT_ENV } from '../../config/boot-messages.js';

/** Takes the boot message out of the environment, so that the app and its own child processes do not see it. */
export function takeBoot(env: NodeJS.ProcessEnv): WorkerBoot | undefined {
  const text = env[BOOT_ENV];
  if (text === undefined) return undefined;
  delete env[BOOT_ENV];
  return JSON.parse(text) as WorkerBoot;
}
