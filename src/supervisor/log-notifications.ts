import { EXIT_REASONS } from '../contract/exit-reasons.js';
import { describeAccount, droppedOf, partsOf } from '../contract/item-account.js';
import type { Log } from '../contract/log.js';
import type { Flushed } from '../contract/messages.js';
import type { News } from '../core/types.js';

/** Everything about a news item that only the shell knows. */
export interface NewsContext {
  pid(id: number): number | undefined;
  /** The end of what it wrote to stderr. */
  words(id: number): string;
}

/** The one place where news become log lines. */
export function logNews(log: Log, news: News, context: NewsContext): void {
  switch (news.type) {
    case 'worker-starting':
      return log.debug(`worker ${news.slot} starting`, { generation: news.generation });
    case 'worker-ready':
      return log.info(`worker ${news.slot} ready in ${ms(news.ms)}`, { pid: context.pid(news.id) });
    case 'worker-exit':
      return logExit(log, news, context);
    case 'restart-in':
      return log.info(`worker ${news.slot} restarts in ${ms(news.ms)}`);
    case 'slot-failed':
      return logSlotFailed(log, news);
    case 'slot-retried':
      return log.info(`slot ${news.slot} is tried again: other workers show that the app can run`);
    case 'slot-ended':
      return news.outcome === 'done'
        ? log.info(`slot ${news.slot} is done: its worker is not restarted`)
        : log.error(`slot ${news.slot} failed: --restart never`);
    case 'all-ended':
      return log.info(news.failed === 0 ? 'every worker is done' : `every worker has ended, ${news.failed} failed`);
    case 'lingering':
      return log.info('no worker runs; waiting for what starts the next ones');
    case 'all-ready':
      return log.info(`ready: ${news.workers} ${news.workers === 1 ? 'worker' : 'workers'}`);
    case 'leaving':
      return log.info(`not ready any more: workers accept for another ${news.ms} ms`);
    case 'stopping':
      return logStopping(log, news);
    case 'stopped':
      return log.info('stopped', { code: news.code });
    case 'never-ready':
    case 'crash-loop':
      return; // told as an error, with the worker's own words, by the one who exits
    case 'scale':
      return log.info(`scaling from ${news.from} to ${news.to} workers`);
    case 'refused':
      return log.warn(`${news.what} refused: ${news.why}`);
    case 'reload-started':
      return log.info(`reload: generation ${news.generation} starts`);
    case 'reload-done':
      return log.info(`reload: generation ${news.generation} serves, after ${ms(news.ms)}`);
    case 'reload-failed':
      return log.error(`reload: generation ${news.generation} failed in slot ${news.slot}, the old one keeps serving`, {
        reason: news.reason,
      });
    case 'rollback-stuck':
      return log.error(
        `generation ${news.generation} does not start any more in slot ${news.slot}: a newer worker serves there until it does, or until another reload`,
        { reason: news.reason },
      );
    case 'rollback-done':
      return log.info(`generation ${news.generation} serves alone again`);
    default:
      return news satisfies never;
  }
}

/** What became of a worker's spans, once, at its end. */
export function logFlushed(log: Log, slot: number, { spans, ms: took }: Flushed): void {
  if (!spans) return;
  const lost = partsOf(spans).some((part) => droppedOf(part) + part.rejected > 0) ? log.warn : log.info;
  lost(`worker ${slot} flushed ${describeAccount(spans, took)}`);
}

type Of<T extends News['type']> = Extract<News, { type: T }>;

/** 128 and the number of SIGINT or SIGTERM: so ends an app that says by which signal it was stopped, as Next does. */
const WELL = new Set([0, 130, 143]);

/** Whether a worker ended because it was told to, and well: one that had to be killed on the way did not. */
export function isPlanned({ reason, code, signal }: Pick<Of<'worker-exit'>, 'reason' | 'code' | 'signal'>): boolean {
  return EXIT_REASONS[reason].planned && signal === null && (code === null || WELL.has(code));
}

function logExit(log: Log, news: Of<'worker-exit'>, context: NewsContext): void {
  const how = news.signal ? `by ${news.signal}` : `with code ${news.code}`;
  const fields = { reason: news.reason, pid: context.pid(news.id) };
  const text = `worker ${news.slot} ${news.reason === 'fork-failed' ? 'was not started' : `exited ${how}`}`;
  if (isPlanned(news) || news.done) log.info(text, fields);
  else log.error(text, fields);
  if (news.signal === 'SIGABRT' && context.words(news.id).includes('heap out of memory')) {
    log.error('it had reached the limit of its heap: see --heap and docs/MEMORY.md');
  }
  if (news.reason === 'boot-timeout') {
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

function logStopping(log: Log, news: Of<'stopping'>): void {
  const why = news.signal ? ` on ${news.signal}` : '';
  const how = { 1: 'stopping', 2: 'stopping quickly', 3: 'killing' }[news.level];
  log.info(`${how}${why}: ${news.workers} ${news.workers === 1 ? 'worker' : 'workers'}`);
}

function ms(time: number): string {
  return time < 1_000 ? `${Math.round(time)} ms` : `${(time / 1_000).toFixed(1)} s`;
}
