import type { Config } from '../../../config/types.js';
import type { Draft } from './pm2-field.js';

/** A pause of this length between two runs is a schedule, in milliseconds; below it, it keeps a crash loop slow. */
const SCHEDULE_LEAST_MS = 10_000;

/**
 * When an app is ready that does not say it (`wait_ready`). pm2 takes it for online as soon as it is forked. Here one that
 * listens is ready when it does; one of fork mode that has no server, after it has run for a short while, so that a crash at
 * its start is a failed start. One whose variables name a port is expected to listen, however long that takes.
 *
 * @returns undefined where wait_ready or the default of --ready holds
 */
export function readinessOf({ app, env }: Pick<Draft, 'app' | 'env'>): Config['ready'] | undefined {
  const isCluster =
    app.exec_mode === undefined ? app.instances !== undefined : !String(app.exec_mode).startsWith('fork');
  if (isCluster || app.wait_ready === true) return undefined;
  if (runsAndEnds(app)) return 'started';
  return env.PORT && app.autorestart !== false ? undefined : 'settled';
}

/** Of a program that is not Node's nobody can see whether it listens. */
export function readinessOfProcess({ app }: Pick<Draft, 'app'>): Config['ready'] {
  return runsAndEnds(app) ? 'started' : 'settled';
}

/** It ends by itself and is run again at other times: an end soon after its start, with whatever code, ends nothing else. */
function runsAndEnds(app: Draft['app']): boolean {
  if (Number(app.restart_delay) >= SCHEDULE_LEAST_MS) return true;
  const { cron_restart: cron, watch } = app;
  return app.autorestart === false && ((cron !== undefined && String(cron) !== '0') || Boolean(watch));
}
