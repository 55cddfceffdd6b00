import type { ExecutionContext } from 'ava';

/** Whether this is Linux, whose /proc, namespaces or tools the test needs; prints why it is left out where it is not. */
export function onLinux(t: ExecutionContext, needs: string): boolean {
  if (process.platform === 'linux') return true;
  t.log(`skipped: ${needs} is of Linux, this is ${process.platform}`);
  t.pass();
  return false;
}
