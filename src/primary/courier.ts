import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Config } from '../config/types.js';
import { COURIER_ENV, type CourierBoot } from '../ipc/messages.js';
import type { Log } from '../log.js';

/** From the courier's own deadline to its end by force, in milliseconds: it has to start first. */
const MARGIN = 1_000;

/** Beside this file when bundled; in the sibling folder when not. */
const COURIER = new URL('.', import.meta.url).pathname.endsWith('/bundle/')
  ? fileURLToPath(new URL('./courier.js', import.meta.url))
  : fileURLToPath(new URL('../telemetry/courier.js', import.meta.url));

/**
 * When no worker is left that could: a short-lived process sends what the last ones have left in the spool, for the
 * primary itself loads no SDK. What it does not get rid of within the flush timeout stays for the next start.
 */
export async function sendLeftovers(config: Config, log: Log): Promise<void> {
  if (!config.telemetry || config.delivery === 'memory' || !hasLeftovers(config.spoolDir)) return;
  const { name, delivery, journalPer, spoolDir, spoolMaxBytes, spoolMaxAgeMs, headersFile, captureLogs } = config;
  const { logFormat, logLevel, color, flushTimeoutMs: ms } = config;
  const boot: CourierBoot = {
    ...{ name, delivery, journalPer, spoolDir, spoolMaxBytes, spoolMaxAgeMs, headersFile, captureLogs },
    ...{ ms, logFormat, logLevel, color },
  };
  const env: NodeJS.ProcessEnv = { ...process.env, ...config.env, [COURIER_ENV]: JSON.stringify(boot) };
  // What the app is preloaded with is not for this process.
  delete env.NODE_OPTIONS;
  const courier = spawn(process.execPath, [COURIER], {
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: ms + MARGIN,
    killSignal: 'SIGKILL',
  });
  await new Promise<void>((resolve) => {
    courier.once('close', () => resolve());
    courier.once('error', (error) => {
      log.warn(`the spans in ${spoolDir} wait for the next start`, { why: error.message });
      resolve();
    });
  });
}

function hasLeftovers(dir: string): boolean {
  try {
    return readdirSync(dir).some((name) => name.startsWith('den-'));
  } catch {
    // No spool was ever needed, or it cannot be read: the workers have warned of that.
    return false;
  }
}
