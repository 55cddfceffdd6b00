import type { Log } from '../contract/log.js';
import { eventLog } from '../contract/log-events.js';
import type { Supervisor } from '../supervisor/supervisor.js';

/**
 * Replaces all workers at the times of `--cron-restart`, one after the other. Follows the configuration through
 * reloads.
 *
 * @returns ends it
 */
export async function followCron(supervisor: Supervisor, log: Log): Promise<() => void> {
  let stop = await schedule(supervisor, log);
  const onNotification = (notification: { type: string }) => {
    if (notification.type !== 'reload-done') return;
    stop();
    stop = () => undefined;
    schedule(supervisor, log).then(
      (ended) => {
        stop = ended;
      },
      (error) => log.error('--cron-restart is off', { why: String(error) }),
    );
  };
  supervisor.on('notification', onNotification);
  return () => {
    supervisor.off('notification', onNotification);
    stop();
  };
}

async function schedule(supervisor: Supervisor, log: Log): Promise<() => void> {
  const expression = supervisor.config().cronRestart;
  if (expression === undefined) return () => undefined;
  const { Cron } = await import('croner');
  const job = new Cron(expression, { unref: true }, () => {
    eventLog(log, 'workers-recycled').info('all workers are recycled, one after the other', { cause: 'cron-restart' });
    const { target } = supervisor.status();
    for (let slot = 0; slot < target; slot++) void supervisor.recycle(slot, 'recycle');
  });
  return () => job.stop();
}
