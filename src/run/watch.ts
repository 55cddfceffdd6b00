import { relative } from 'node:path';
import { toKfError } from '../contract/errors.js';
import type { Log } from '../contract/log.js';
import { eventLog } from '../contract/log-events.js';
import type { Reloader } from '../control/control-context.js';
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

interface Changes {
  note(path: string): void;
  end(): void;
}

function collectChanges(supervisor: Supervisor, reloader: Reloader, log: Log): Changes {
  let changed: string | undefined;
  let timer: NodeJS.Timeout | undefined;
  const arm = () => {
    clearTimeout(timer);
    timer = setTimeout(reload, Math.max(LEAST_DELAY, supervisor.config().watchDelayMs));
  };
  const reload = () => {
    timer = undefined;
    // A reload that reads its files may have read them before this change, and ends without a notification if it cannot use them.
    const reading = reloader.reading();
    if (reading) return void reading.then(arm);
    const path = changed;
    if (path === undefined || !supervisor.takesReload()) return; // it is looked at again with the next notification
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
  const onNotification = () => {
    if (changed !== undefined && timer === undefined && supervisor.takesReload()) arm();
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
