import type { Config } from '../config/types.js';
import type { Log } from '../contract/log.js';
import { eventLog } from '../contract/log-events.js';
import { messageOf } from '../contract/system-error.js';
import type { ControlContext } from './control-context.js';
import type { Health } from './health.js';
import { acquirePidfile } from './pidfile.js';
import type { Control } from './server.js';

/** What only one supervisor can have. Taken before anything is forked, and free again when it has ended. */
export interface ExclusiveResources {
  serve(host: ControlContext): void;
  leave(): Promise<void>;
}

/** @throws KfError NAME_IN_USE, PIDFILE_IN_USE, PIDFILE or PORT_IN_USE; then it holds nothing */
export async function acquireResources(config: Config, log: Log): Promise<ExclusiveResources> {
  let control: Control | undefined;
  let health: Health | undefined;
  let removePidfile: () => void = () => undefined;
  const leave = async () => {
    try {
      removePidfile();
    } catch (error) {
      log.warn('the pidfile cannot be removed', { file: config.pidfile, why: messageOf(error) });
    }
    await Promise.all([control?.close(), health?.close()]);
  };
  try {
    if (config.control) control = await (await import('./server.js')).openControl(config.name, log);
    if (config.pidfile !== undefined) removePidfile = acquirePidfile(config.pidfile);
    if (config.adminPort !== undefined) {
      const { openHealth } = await import('./health.js');
      health = await openHealth(config.adminPort, config.adminHost, log);
      eventLog(log, 'health-port').info('health port', { host: config.adminHost, port: health.port });
    }
  } catch (error) {
    await leave();
    throw error;
  }
  return {
    serve: (host) => {
      control?.serve(host);
      health?.serve(host);
    },
    leave,
  };
}
