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
  let stop: () => void = () => undefined;
  let turn = 0;
  /** What was there before ends; what is loaded late, behind another turn, has no place any more. */
  const replace = async () => {
    turn += 1;
    const mine = turn;
    stop();
    stop = () => undefined;
    const ended = await schedule(supervisor, log);
    if (mine === turn) stop = ended;
    else ended();
  };
  const onNotification = (notification: { type: string }) => {
    if (notification.type !== 'reload-done') return;
    replace().catch((error) => log.error('--cron-restart is off', { why: String(error) }));
  };
  await replace();
  supervisor.on('notification', onNotification);
  return () => {
    supervisor.off('notification', onNotification);
    turn += 1;
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
