import { relative } from 'node:path';
import { toKfError } from '../contract/errors.js';
import type { Log } from '../contract/log.js';
import { eventLog } from '../contract/log-events.js';
import type { Reloader } from '../control/control-context.js';
import type { Notification } from '../core/notifications.js';
import type { Supervisor } from '../supervisor/supervisor.js';
import { ignoreRule } from './watch-ignore.js';

/** chokidar keeps a second change of one file within 50 ms to itself: nothing is read before, in milliseconds. */
const LEAST_DELAY = 60;

/**
 * `--watch`: a reload when files change. Changes that come while one is under way cause one more; a generation that
 * fails leaves the old one serving, and the next change tries again.
 *
 * @returns ends it
 */
export async function followFiles(supervisor: Supervisor, reloader: Reloader, log: Log): Promise<() => void> {
  const config = supervisor.config();
  if (!config.watch) return () => undefined;
  const paths = config.watchPaths ?? [config.cwd];
  const [{ watch }, { default: picomatch }] = await Promise.all([import('chokidar'), import('picomatch')]);
  const changes = collectChanges(supervisor, reloader, log);
  const watcher = watch([...paths], { ignoreInitial: true, ignored: ignoreRule(config, paths, picomatch) });
  watcher.on('all', (_event, path) => changes.note(relative(config.cwd, path) || path));
  watcher.on('ready', () => eventLog(log, 'watching').info(`watching ${paths.join(', ')}`));
  watcher.once('error', (error) => log.error('--watch misses changes', { why: String(error) }));
  watcher.on('error', () => undefined); // it says the same for each file that it cannot watch
  return () => {
    changes.end();
    void watcher.close();
  };
}

/** Where a reload is over, and where another one may begin. */
const ENDS: ReadonlySet<Notification['type']> = new Set([
  'reload-done',
  'reload-failed',
  'rollback-stuck',
  'rollback-done',
]);

interface Changes {
  note(path: string): void;
  end(): void;
}

function collectChanges(supervisor: Supervisor, reloader: Reloader, log: Log): Changes {
  let changed: string | undefined;
  let timer: NodeJS.Timeout | undefined;
  /** The way back from a failed reload has no end of its own: only another reload helps, which is what an edit is for. */
  let stuck = false;
  const arm = () => {
    clearTimeout(timer);
    timer = setTimeout(reload, Math.max(LEAST_DELAY, supervisor.config().watchDelayMs));
  };
  const reload = () => {
    // A reload that reads its files may have read them before this change, and ends without a notification if it cannot use them.
    const reading = reloader.reading();
    if (reading) return void reading.then(arm);
    const path = changed;
    const { phase } = supervisor.status();
    const isTaken = phase === 'running' || (phase === 'reloading' && stuck);
    if (path === undefined || !isTaken) return; // it is looked at again with the next notification
    changed = undefined;
    eventLog(log, 'file-changed', { path }).info(`reload: ${path} has changed`);
    reloader.reload().then(
      (answer) => {
        if (!answer.ok && answer.code === 'BUSY') changed ??= path;
      },
      (error) =>
        eventLog(log, 'reload-refused', { code: toKfError(error).code }).error('reload refused', {
          why: String(error),
        }),
    );
  };
  const onNotification = ({ type }: Pick<Notification, 'type'>) => {
    if (type === 'rollback-stuck') stuck = true;
    if (type === 'reload-started' || type === 'rollback-done') stuck = false;
    if (ENDS.has(type) && changed !== undefined) arm();
  };
  supervisor.on('notification', onNotification);
  return {
    note: (path) => {
      changed = path;
      arm();
    },
    end: () => {
      clearTimeout(timer);
      supervisor.off('notification', onNotification);
    },
  };
}
