import { basename, dirname, join } from 'node:path';

/** What every second name of a socket begins with, whichever primary holds it. */
export function secondNames(path: string): { readonly folder: string; readonly prefix: string } {
  return { folder: dirname(path), prefix: `.${basename(path)}.kf-cluster-` };
}

/**
 * The second name that a primary gives the socket it has bound for its workers: a hard link beside it. It says whose the
 * socket is, and brings the path back when that was removed.
 */
export function secondName(path: string, primaryPid: number): string {
  const { folder, prefix } = secondNames(path);
  return join(folder, `${prefix}${primaryPid}`);
}
