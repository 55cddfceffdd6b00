import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { COURIER_ENV, type CourierBoot } from '../ipc/messages.js';
import type { Log } from '../log.js';
import type { Supervisor } from './supervisor.js';

/** From the courier's own deadline to its end by force, in milliseconds: it has to start first. */
const MARGIN = 1_000;

/** Beside this file when bundled; in the sibling folder when not. */
const COURIER = new URL('.', import.meta.url).pathname.endsWith('/bundle/')
  ? fileURLToPath(new URL('./courier.js', import.meta.url))
  : fileURLToPath(new URL('../telemetry/courier.js', import.meta.url));

/**
 * When no worker is left that could: a short-lived process sends what the last ones have left in the spool, for the
 * primary itself loads no SDK. What it does not get rid of within the flush timeout stays for the next start, as does
 * all of it when the workers' own flushes have just failed: a collector that hangs must not hold up a stop twice.
 */
export async function sendLeftovers(supervisor: Pick<Supervisor, 'config' | 'refused'>, log: Log): Promise<void> {
  const config = supervisor.config();
  if (!config.telemetry || config.delivery === 'memory' || !hasLeftovers(config.spoolDir)) return;
  const refused = supervisor.refused();
  if (refused !== undefined) {
    const text = `the collector has not taken ${refused} spans within --flush-timeout: they wait for the next start`;
    return log.warn(text, { dir: config.spoolDir });
  }
  const { name, delivery, journalPer, spoolDir, spoolMaxBytes, spoolMaxAgeMs, headersFile } = config;
  const { logFormat, logLevel, color, flushTimeoutMs: ms } = config;
  const boot: CourierBoot = {
    ...{ name, delivery, journalPer, spoolDir, spoolMaxBytes, spoolMaxAgeMs, headersFile },
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
