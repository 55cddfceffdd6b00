import { isRecord } from './record-guard.js';

/** What to do about an error of the system, by its code. */
const FIXES: Readonly<Record<string, string>> = {
  EMFILE: 'Raise the limit of open files: ulimit -n, or LimitNOFILE= of the unit.',
  ENFILE: 'The whole machine has no descriptor left: raise fs.file-max, or end what holds so many.',
  ENOMEM: 'Give the machine or the container more memory.',
  ENOBUFS: 'Give the machine or the container more memory.',
  EAGAIN: 'Raise the limit of processes: ulimit -u, TasksMax= of the unit, or pids.max of the container.',
  ENOSPC: 'Free the disk named above.',
  EDQUOT: 'Free the disk named above, or raise the quota of this user.',
  EROFS: 'Choose a place that can be written.',
  EACCES: 'Give this user the right to what is named above.',
  EPERM: 'Give this user the right to what is named above.',
  EIO: 'The disk or the device cannot be read or written: see the log of the kernel.',
  ENOENT: 'Put back what is named above.',
};

/** An error that a call of the system ended with, as Node throws it; not one that only looks like it. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  if (!(error instanceof Error)) return false;
  const { code, errno, syscall }: NodeJS.ErrnoException = error;
  return typeof code === 'string' && typeof errno === 'number' && typeof syscall === 'string';
}

/** The code of what was thrown, such as ENOENT or MODULE_NOT_FOUND; undefined when it has none. */
export function codeOf(error: unknown): string | undefined {
  const code: unknown = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

/** The message of what was thrown, which need not be an Error. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What was thrown as an Error: one of another realm is one too, and of anything else the text is its message. */
export function asError(error: unknown): Error {
  return isError(error) ? error : new Error(String(error));
}

function isError(error: unknown): error is Error {
  return (
    error instanceof Error || (isRecord(error) && typeof error.name === 'string' && typeof error.message === 'string')
  );
}

export function systemFix(code: string | undefined): string | undefined {
  return code === undefined ? undefined : FIXES[code];
}
