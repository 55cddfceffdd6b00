import { EXIT_REASONS } from '../contract/exit-reasons.js';
import { describeAccount, droppedOf, partsOf } from '../contract/item-account.js';
import type { Log } from '../contract/log.js';
import type { Flushed } from '../contract/messages.js';
import type { Notification } from '../core/types.js';

/** Everything about a notification that only the shell knows. */
export interface NotificationContext {
  pid(id: number): number | undefined;
  /** The end of what it wrote to stderr. */
  stderrTail(id: number): string;
}

/** The one place where notifications become log lines. */
export function logNotification(log: Log, notification: Notification, context: NotificationContext): void {
  switch (notification.type) {
    case 'worker-starting':
      return log.debug(`worker ${notification.slot} starting`, { generation: notification.generation });
    case 'worker-ready':
      return log.info(`worker ${notification.slot} ready in ${ms(notification.ms)}`, {
        pid: context.pid(notification.id),
      });
    case 'worker-exit':
      return logExit(log, notification, context);
    case 'restart-in':
      return log.info(`worker ${notification.slot} restarts in ${ms(notification.ms)}`);
    case 'slot-failed':
      return logSlotFailed(log, notification);
    case 'slot-retried':
      return log.info(`slot ${notification.slot} is tried again: other workers show that the app can run`);
    case 'slot-ended':
      return notification.outcome === 'done'
        ? log.info(`slot ${notification.slot} is done: its worker is not restarted`)
        : log.error(`slot ${notification.slot} failed: --restart never`);
    case 'all-ended':
      return log.info(
        notification.failed === 0 ? 'every worker is done' : `every worker has ended, ${notification.failed} failed`,
      );
    case 'lingering':
      return log.info('no worker runs; waiting for what starts the next ones');
    case 'all-ready':
      return log.info(`ready: ${notification.workers} ${notification.workers === 1 ? 'worker' : 'workers'}`);
    case 'leaving':
      return log.info(`not ready any more: workers accept for another ${notification.ms} ms`);
    case 'stopping':
      return logStopping(log, notification);
    case 'stopped':
      return log.info('stopped', { code: notification.code });
    case 'never-ready':
    case 'crash-loop':
      return; // logged as an error, with the worker's stderr, at the exit
    case 'scale':
      return log.info(`scaling from ${notification.from} to ${notification.to} workers`);
    case 'refused':
      return log.warn(`${notification.what} refused: ${notification.why}`);
    case 'reload-started':
      return log.info(`reload: generation ${notification.generation} starts`);
    case 'reload-done':
      return log.info(`reload: generation ${notification.generation} serves, after ${ms(notification.ms)}`);
    case 'reload-failed':
      return log.error(
        `reload: generation ${notification.generation} failed in slot ${notification.slot}, the old one keeps serving`,
        {
          reason: notification.reason,
        },
      );
    case 'rollback-stuck':
      return log.error(
        `generation ${notification.generation} does not start any more in slot ${notification.slot}: a newer worker serves there until it does, or until another reload`,
        { reason: notification.reason },
      );
    case 'rollback-done':
      return log.info(`generation ${notification.generation} serves alone again`);
    default:
      return notification satisfies never;
  }
}

/** What became of a worker's spans, once, at its end. */
export function logFlushed(log: Log, slot: number, { spans, ms: took }: Flushed): void {
  if (!spans) return;
  const lost = partsOf(spans).some((part) => droppedOf(part) + part.rejected > 0) ? log.warn : log.info;
  lost(`worker ${slot} flushed ${describeAccount(spans, took)}`);
}

type Of<T extends Notification['type']> = Extract<Notification, { type: T }>;

/** 128 and the number of SIGINT or SIGTERM: so ends an app that says by which signal it was stopped, as Next does. */
const WELL = new Set([0, 130, 143]);

/** Whether a worker ended because it was asked to, and well: one that had to be killed on the way did not. */
export function isPlanned({ reason, code, signal }: Pick<Of<'worker-exit'>, 'reason' | 'code' | 'signal'>): boolean {
  return EXIT_REASONS[reason].planned && signal === null && (code === null || WELL.has(code));
}

function logExit(log: Log, notification: Of<'worker-exit'>, context: NotificationContext): void {
  const how = notification.signal ? `by ${notification.signal}` : `with code ${notification.code}`;
  const fields = { reason: notification.reason, pid: context.pid(notification.id) };
  const text = `worker ${notification.slot} ${notification.reason === 'fork-failed' ? 'was not started' : `exited ${how}`}`;
  if (isPlanned(notification) || notification.done) log.info(text, fields);
  else log.error(text, fields);
  if (notification.signal === 'SIGABRT' && context.stderrTail(notification.id).includes('heap out of memory')) {
    log.error('it had reached the limit of its heap: see --heap and docs/MEMORY.md');
  }
  if (notification.reason === 'boot-timeout') {
    log.error(NOT_READY);
  }
}

function logSlotFailed(log: Log, { slot, restarts, window, retry }: Of<'slot-failed'>): void {
  const how = restarts > 0 ? `: restarted ${restarts} times within ${ms(window)}` : '';
  log.error(`slot ${slot} failed${how}; it is tried again in ${ms(retry)}, if another worker serves then`);
}

const NOT_READY =
  'it did not become ready in time: it must listen, or call process.send("ready") with --ready message; jobs and queue ' +
  'consumers have --ready started, slow ones a longer --boot-timeout';

function logStopping(log: Log, notification: Of<'stopping'>): void {
  const why = notification.signal ? ` on ${notification.signal}` : '';
  const how = { 1: 'stopping', 2: 'stopping quickly', 3: 'killing' }[notification.level];
  log.info(`${how}${why}: ${notification.workers} ${notification.workers === 1 ? 'worker' : 'workers'}`);
}

function ms(time: number): string {
  return time < 1_000 ? `${Math.round(time)} ms` : `${(time / 1_000).toFixed(1)} s`;
}
