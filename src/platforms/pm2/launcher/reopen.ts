import type { ChildProcess } from 'node:child_process';

/** Between a supervisor and the launcher that writes its app's files. */
const REOPEN = 'kf-cluster:reopen';
const REOPENED = 'kf-cluster:reopened';

/** In the supervisor: settles when its launcher has opened the files of this app anew, or is gone. */
export function askLauncherToReopen(): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      process.off('message', onMessage).off('disconnect', end);
      resolve();
    };
    const onMessage = (message: unknown) => message === REOPENED && end();
    process.on('message', onMessage).on('disconnect', end);
    if (process.connected)
      process.send?.(REOPEN, undefined, undefined, () => undefined); // `disconnect` follows
    else end();
  });
}

/** In the launcher. */
export function reopenWhenAsked(supervisor: ChildProcess, reopen: () => void): void {
  supervisor.on('message', (message) => {
    if (message !== REOPEN) return;
    reopen();
    if (supervisor.connected) supervisor.send(REOPENED, () => undefined); // it may have ended meanwhile
  });
}
