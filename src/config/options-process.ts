import type { OptionRow } from './option-row.js';

/** Whose processes they are, and what they may leave to others. Rows of the table in options.ts. */
export const PROCESS_OPTIONS = [
  {
    name: 'user',
    kind: 'text',
    unit: 'name|uid',
    group: 'Workers',
    field: 'user',
    fixed: true,
    doc: 'the supervisor and its workers become this user, with all its groups, before anything is opened; needs root',
  },
  {
    name: 'group',
    kind: 'text',
    unit: 'name|gid',
    group: 'Workers',
    field: 'group',
    fixed: true,
    doc: "their main group, in place of the user's own; needs root",
  },
  {
    name: 'umask',
    kind: 'octal',
    unit: 'octal',
    group: 'Workers',
    field: 'umask',
    fixed: true,
    doc: 'file mode creation mask of the supervisor and its workers, such as 027',
  },
] as const satisfies readonly OptionRow[];
