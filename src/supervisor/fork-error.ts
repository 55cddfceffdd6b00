import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { KfError } from '../contract/errors.js';
import type { Log } from '../contract/log.js';
import { eventLog } from '../contract/log-events.js';
import { codeOf, messageOf } from '../contract/system-error.js';
import type { ForkSpec } from './ports.js';

/** What to do about a process that the system has refused to start. */
const FIXES: Readonly<Record<string, string>> = {
  EMFILE: 'Raise the limit of open files of the supervisor: ulimit -n, or LimitNOFILE= of its unit.',
  ENFILE: 'The whole machine has no descriptor left: raise fs.file-max, or end what holds so many.',
  EAGAIN: 'Raise the limit of processes: ulimit -u, TasksMax= of the unit, or pids.max of the container.',
  ENOMEM: 'Give the machine or the container more memory, or start fewer workers.',
  E2BIG: 'The environment or the arguments of the worker are too long: shorten them.',
  EACCES: 'Give this user the right to run node and to enter the working directory.',
};

/**
 * What a worker needs that is not there any more; asked in front of each fork, for Node and the kernel say neither which
 * file it was nor that it belongs to a release that was removed.
 */
export function missingFor({ script }: Pick<ForkSpec, 'script'>): KfError | undefined {
  if (isThere(script)) return undefined;
  return new KfError('FORK_FAILED', 'a worker cannot be started', `${script} is gone`, {
    fix: 'Put it back, or reload to a release that is there: kf-cluster reload',
  });
}

/** A worker whose working directory is gone would not start at all: it has that of its script. */
export function cwdOf({ script, cwd }: Pick<ForkSpec, 'script' | 'cwd'>, log: Log): string {
  if (isThere(cwd)) return cwd;
  const instead = dirname(script);
  eventLog(log, 'folder-gone', { cwd, instead }).warn(
    `the working directory ${cwd} is gone: the worker starts in ${instead}`,
  );
  return instead;
}

/** The error of a fork that the system refused, with what is to be done. */
export function forkFailed(error: unknown): KfError {
  if (error instanceof KfError) return error;
  const fix = FIXES[codeOf(error) ?? ''];
  return new KfError('FORK_FAILED', 'a worker cannot be started', messageOf(error), {
    cause: error,
    ...(fix && { fix }),
  });
}

function isThere(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return true; // not ours to look at, or no descriptor for it: who starts it will say
  }
}
