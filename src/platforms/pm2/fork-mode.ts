import type { Supervisor } from '../../supervisor/supervisor.js';

/**
 * Speaks with a process manager that started this primary with a channel, as pm2 does: `ready` once all workers are
 * ready (pm2's `wait_ready`), and an orderly stop on its `shutdown` message (`shutdown_with_message`).
 *
 * @returns ends the conversation
 */
export function answerPm2(supervisor: Supervisor): () => void {
  if (!process.send) return () => undefined;
  const onNotification = (notification: { type: string }) => {
    // Whoever started us may have gone: without a callback that would be an error of this process.
    if (notification.type === 'all-ready') process.send?.('ready', undefined, undefined, () => undefined);
  };
  const onMessage = (message: unknown) => {
    if (message === 'shutdown') supervisor.stop();
  };
  supervisor.on('notification', onNotification);
  process.on('message', onMessage);
  return () => {
    process.off('message', onMessage);
    supervisor.off('notification', onNotification);
    process.channel?.unref();
  };
}
