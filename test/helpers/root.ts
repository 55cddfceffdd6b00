import { spawnSync } from 'node:child_process';
import type { ExecutionContext } from 'ava';
import { accountOf } from '../../src/system/accounts.js';
import { onLinux } from './linux.js';

/** The user that has nothing. */
export const nobody = accountOf('/etc/passwd', 'nobody')!;

/** Whether this is root, who alone can make files of another user; says why the test ends early where it is not. */
export function isRoot(t: ExecutionContext): boolean {
  if (!onLinux(t, 'setpriv')) return false;
  if (process.getuid?.() === 0) return true;
  t.log('only root can make files of another user: this part was not tested');
  t.pass();
  return false;
}

/** What runs the command behind it as nobody. */
export const AS_NOBODY = ['setpriv', `--reuid=${nobody.id}`, `--regid=${nobody.group}`, '--clear-groups'] as const;

/** Runs a command as nobody. */
export function asNobody(command: string, args: readonly string[], env: Record<string, string> = {}) {
  const [setpriv, ...flags] = AS_NOBODY;
  return spawnSync(setpriv, [...flags, command, ...args], { encoding: 'utf8', env: { ...process.env, ...env } });
}
