import { counted } from '../contract/counted.js';
import { EXIT_REASONS } from '../contract/exit-reasons.js';
import { dispatch, type Handlers, ignore } from '../contract/handlers.js';
import { describeAccount, droppedOf, type ItemAccount, partsOf } from '../contract/item-account.js';
import type { Fields, Log } from '../contract/log.js';
import { eventLog } from '../contract/log-events.js';
import type { Flushed } from '../contract/messages.js';
import type { Notification } from '../core/types.js';

/** Everything about a notification that only the shell knows. */
interface NotificationContext {
  pid(id: number): number | undefined;
  /** The end of what it wrote to stderr. */
  stderrTail(id: number): string;
  /** It has not said a word. */
  isSilent(id: number): boolean;
}

/** The one place where notifications become log lines. */
export function logNotification(log: Log, notification: Notification, context: NotificationContext): void {
  // An id that stays where texts improve, and the figures that pretty lines have in their text. `id` is the core's own.
  // How hard a stop is may not be called `level`: the line has one, its severity.
  const { type, id: _, level: force, ...figures } = { id: undefined, level: undefined, ...notification };
  const fields = { event: type, ...whole(figures), force };
  dispatch(LINES, notification, log.with(fields, { jsonOnly: true }), context);
}

/** The clock has nanoseconds; nobody reads them. */
function whole(figures: Fields): Fields {
  const entries = Object.entries(figures);
  return Object.fromEntries(
    entries.map(([name, value]) => [name, typeof value === 'number' ? Math.round(value) : value]),
  );
}

const LINES: Handlers<Notification, [log: Log, context: NotificationContext]> = {
  'worker-starting': ({ slot, generation }, log) => log.debug(`worker ${slot} starting`, { generation }),
  'worker-ready': ({ slot, id, ms: took }, log, { pid }) =>
    log.info(`worker ${slot} ready in ${ms(took)}`, { pid: pid(id) }),
  'worker-exit': logExit,
  'restart-in': ({ slot, ms: delay }, log) => log.info(`worker ${slot} restarts in ${ms(delay)}`),
  'slot-failed': logSlotFailed,
  'slot-retried': ({ slot }, log) => log.info(`slot ${slot} is tried again: other workers show that the app can run`),
  'slot-ended': ({ slot, outcome }, log) =>
    outcome === 'done'
      ? log.info(`slot ${slot} is done: its worker is not restarted`)
      : log.error(`slot ${slot} failed: --restart never`),
  'all-ended': ({ failed }, log) =>
    log.info(failed === 0 ? 'every worker is done' : `every worker has ended, ${failed} failed`),
  lingering: (_, log) => log.info('no worker runs; waiting for what starts the next ones'),
  'all-ready': ({ workers }, log) => log.info(`ready: ${counted(workers, 'worker')}`),
  leaving: ({ ms: time }, log) => log.info(`not ready any more: workers accept for another ${time} ms`),
  stopping: logStopping,
  stopped: ({ code }, log) => log.info('stopped', { code }),
  // Logged as errors, with the worker's stderr, at the exit.
  'never-ready': ignore,
  'crash-loop': ignore,
  scale: ({ from, to }, log) => log.info(`scaling from ${from} to ${counted(to, 'worker')}`),
  refused: ({ what, why }, log) => log.warn(`${what} refused: ${why}`),
  'reload-started': ({ generation }, log) => log.info(`reload: generation ${generation} starts`),
  'reload-done': ({ generation, ms: took }, log) =>
    log.info(`reload: generation ${generation} serves, after ${ms(took)}`),
  'reload-failed': ({ generation, slot, reason }, log) =>
    log.error(`reload: generation ${generation} failed in slot ${slot}, the old one keeps serving`, { reason }),
  'rollback-stuck': ({ generation, slot, reason }, log) =>
    log.error(
      `generation ${generation} does not start any more in slot ${slot}: a newer worker serves there until it does, or until another reload`,
      { reason },
    ),
  'rollback-done': ({ generation }, log) => log.info(`generation ${generation} serves alone again`),
};

/** What became of a worker's spans, once, at its end. */
export function logFlushed(log: Log, slot: number, { spans, ms: took }: Flushed): void {
  if (!spans) return;
  const level = partsOf(spans).some((part) => droppedOf(part) + part.rejected > 0) ? 'warn' : 'info';
  const { logs, metrics } = spans;
  const figures = { ...figuresOf('spans', spans), ...figuresOf('logs', logs), ...figuresOf('metrics', metrics) };
  eventLog(log, 'worker-flushed', { slot, ...figures })[level](
    `worker ${slot} flushed ${describeAccount(spans, took)}`,
  );
}

function figuresOf(name: string, account: ItemAccount | undefined): Fields {
  if (!account) return {};
  const { exported, rejected, spooled, recovered, pending } = account;
  const figures = { exported, rejected, spooled, recovered, pending, dropped: droppedOf(account) };
  return Object.fromEntries(Object.entries(figures).map(([figure, count]) => [`${name}_${figure}`, count]));
}

type Of<T extends Notification['type']> = Extract<Notification, { type: T }>;

/** 128 and the number of SIGINT or SIGTERM: so ends an app that says by which signal it was stopped, as Next does. */
const WELL = new Set([0, 130, 143]);

/** Whether a worker ended because it was asked to, and well: one that had to be killed on the way did not. */
export function isPlanned({ reason, code, signal }: Pick<Of<'worker-exit'>, 'reason' | 'code' | 'signal'>): boolean {
  return EXIT_REASONS[reason].planned && signal === null && (code === null || WELL.has(code));
}

function logExit(notification: Of<'worker-exit'>, log: Log, context: NotificationContext): void {
  const how = notification.signal ? `by ${notification.signal}` : `with code ${notification.code}`;
  const fields = { reason: notification.reason, pid: context.pid(notification.id) };
  const text = `worker ${notification.slot} ${notification.reason === 'fork-failed' ? 'was not started' : `exited ${how}`}`;
  if (isPlanned(notification) || notification.done) log.info(text, fields);
  else log.error(text, fields);
  if (notification.signal === 'SIGABRT' && context.stderrTail(notification.id).includes('heap out of memory')) {
    eventLog(log, 'heap-limit').error('it had reached the limit of its heap: see --heap and docs/MEMORY.md');
  }
  if (notification.reason === 'boot-timeout') {
    eventLog(log, 'not-ready-in-time').error(whyLate(notification.id, context));
  }
}

function whyLate(id: number, { pid, isSilent }: NotificationContext): string {
  if (!isSilent(id)) return NOT_READY;
  return pid(id) === undefined ? NOT_FORKED : NOT_BEGUN;
}

function logSlotFailed({ slot, restarts, window, retry }: Of<'slot-failed'>, log: Log): void {
  const how = restarts > 0 ? `: restarted ${restarts} times within ${ms(window)}` : '';
  log.error(`slot ${slot} failed${how}; it is tried again in ${ms(retry)}, if another worker serves then`);
}

const NOT_READY =
  'it did not become ready in time: it has to listen, or with --ready message (wait_ready of pm2) to call ' +
  'process.send("ready"); give a job or queue consumer --ready started, a slow app a longer --boot-timeout';

const NOT_FORKED =
  'its process was not started in time: a preFork hook has not ended; within --boot-timeout it has to return, or to throw';

/** Node waits for ever where it may start some of its threads and not all: seen on 20.20, below 6 of the 11 that it has. */
const NOT_BEGUN =
  'it did not become ready in time, and Node has not come to the first line of kf-cluster: perhaps it may start no more ' +
  'threads (ulimit -u, TasksMax= of the unit, pids.max of the container), or the machine is too busy for --boot-timeout';

function logStopping(notification: Of<'stopping'>, log: Log): void {
  const why = notification.signal ? ` on ${notification.signal}` : '';
  const how = { 1: 'stopping', 2: 'stopping quickly', 3: 'killing' }[notification.level];
  log.info(`${how}${why}: ${counted(notification.workers, 'worker')}`);
}

function ms(time: number): string {
  return time < 1_000 ? `${Math.round(time)} ms` : `${(time / 1_000).toFixed(1)} s`;
}
