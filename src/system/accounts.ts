import { readFileSync } from 'node:fs';

/** A line of /etc/passwd or /etc/group. */
export interface Account {
  readonly id: number;
  /** The user's main group; meaningless for a group. */
  readonly group: number;
  readonly fields: readonly string[];
}

/** Looks a user or group up by name or number. */
export function accountOf(file: '/etc/passwd' | '/etc/group', wanted: number | string): Account | undefined {
  const lines = readFileSync(file, 'utf8').split('\n');
  for (const line of lines) {
    const fields = line.split(':');
    if (fields[0] === String(wanted) || fields[2] === String(wanted)) {
      return { id: Number(fields[2]), group: Number(fields[3]), fields };
    }
  }
  return undefined;
}

export function homeOf({ fields }: Account): string {
  return fields[5] || '/';
}
