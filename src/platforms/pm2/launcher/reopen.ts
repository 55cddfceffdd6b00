import type { ChildProcess } from 'node:child_process';
import { isRecord } from '../../../contract/record-guard.js';

/** Between a supervisor and the launcher that writes its app's files. */
const REOPEN = 'kf-cluster:reopen';
const REOPENED = 'kf-cluster:reopened';

/**
 * In the supervisor: settles when its launcher has opened the files of this app anew, or is gone. Only the launcher knows
 * them: in the background it has given the app one that its ecosystem file does not name.
 *
 * @returns their names; undefined when there are none
 */
export function askLauncherToReopen(): Promise<string | undefined> {
  return new Promise((resolve) => {
    const settle = (files: string | undefined) => {
      process.off('message', onMessage).off('disconnect', onGone);
      resolve(files);
    };
    const onGone = () => settle(undefined);
    const onMessage = (message: unknown) => {
      if (isRecord(message) && REOPENED in message) settle(textOf(message[REOPENED]));
    };
    process.on('message', onMessage).on('disconnect', onGone);
    if (process.connected)
      process.send?.(REOPEN, undefined, undefined, () => undefined); // `disconnect` follows
    else onGone();
  });
}

/** In the launcher. */
export function reopenWhenAsked(supervisor: ChildProcess, reopen: () => string | undefined): void {
  supervisor.on('message', (message) => {
    if (message !== REOPEN) return;
    const files = reopen();
    if (supervisor.connected) supervisor.send({ [REOPENED]: files ?? '' }, () => undefined); // it may have ended meanwhile
  });
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
