import type { Config } from '../config/types.js';
import { KfError } from '../contract/errors.js';
import { type Account, accountOf, homeOf } from '../system/accounts.js';

type Wanted = Pick<Config, 'user' | 'group'>;

/** Root's own directories: sockets, spool and cache of another user do not belong there. */
const OF_ROOT = ['XDG_RUNTIME_DIR', 'XDG_STATE_HOME', 'XDG_CACHE_HOME', 'XDG_CONFIG_HOME'];

/**
 * Makes this process that user's, with all its groups, and gives root up for good: nothing of a supervisor needs it. What
 * was read before belongs to another HOME, and has to be read anew.
 *
 * @returns whether anything was to be done
 * @throws KfError NO_SUCH_USER, NOT_ROOT
 */
export function becomeUser(wanted: Wanted): boolean {
  if (!mustBecome(wanted)) return false;
  const { account, gid } = accountsOf(wanted);
  if (process.geteuid?.() !== 0) {
    const who = `this is user ${process.geteuid?.()}`;
    throw new KfError(
      'NOT_ROOT',
      `cannot become ${wanted.user ?? `a member of ${wanted.group}`}`,
      `only root may; ${who}`,
    );
  }
  const main = gid ?? process.getegid?.() ?? 0;
  if (account) withGroupsOf(account.fields[0] ?? '', main);
  else process.setgroups?.([main]);
  process.setgid?.(main);
  if (!account) return true;
  process.setuid?.(account.id);
  for (const name of OF_ROOT) delete process.env[name];
  Object.assign(process.env, { HOME: homeOf(account), USER: account.fields[0], LOGNAME: account.fields[0] });
  return true;
}

/** @throws KfError NO_SUCH_USER */
export function mustBecome(wanted: Wanted): boolean {
  const { account, gid } = accountsOf(wanted);
  const uid = account?.id ?? process.geteuid?.();
  return uid !== process.geteuid?.() || (gid ?? process.getegid?.()) !== process.getegid?.();
}

function accountsOf({ user, group }: Wanted): { account: Account | undefined; gid: number | undefined } {
  const account = user === undefined ? undefined : lookUp('/etc/passwd', '--user', user);
  return { account, gid: group === undefined ? account?.group : lookUp('/etc/group', '--group', group).id };
}

function lookUp(file: '/etc/passwd' | '/etc/group', flag: string, name: string): Account {
  const found = accountOf(file, name);
  if (found) return found;
  throw new KfError('NO_SUCH_USER', `${flag} is ${JSON.stringify(name)}`, `it is not in ${file}`);
}

/** In every Node, and not in its types. */
function withGroupsOf(name: string, gid: number): void {
  const here: NodeJS.Process & { initgroups?(user: string, group: number): void } = process;
  here.initgroups?.(name, gid);
}
