/** Who an app runs as. Undefined: as we do. */
export interface User {
  readonly uid?: number;
  readonly gid?: number;
}

/** Whether this process is root and the app is somebody else's. */
export function isForeign({ uid }: User): boolean {
  return uid !== undefined && uid !== 0 && process.geteuid?.() === 0;
}

/**
 * Runs `act`, which must not be asynchronous, with the rights of the app's user and no others: what that user may not open
 * is not opened. For root only.
 */
export function asUser<T>(uid: number, gid: number, act: () => T): T {
  if (!hasRights(process)) throw new TypeError('a thread of a process cannot change its user');
  const before = { gid: process.getegid(), groups: process.getgroups() };
  process.setgroups([gid]);
  process.setegid(gid);
  process.seteuid(uid);
  try {
    return act();
  } finally {
    process.seteuid(0);
    process.setegid(before.gid);
    process.setgroups(before.groups);
  }
}

const POSIX = ['getegid', 'getgroups', 'setgroups', 'setegid', 'seteuid'] as const;
type WithRights = NodeJS.Process & Required<Pick<NodeJS.Process, (typeof POSIX)[number]>>;

function hasRights(one: NodeJS.Process): one is WithRights {
  return POSIX.every((name) => typeof one[name] === 'function');
}
