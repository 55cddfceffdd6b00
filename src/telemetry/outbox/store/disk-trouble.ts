import { codeOf } from '../../../contract/system-error.js';
import { NotOwn } from './spool-root.js';

/** Why the disk takes nothing, and how to mend it. */
export interface DiskTrouble {
  readonly text: string;
  readonly fix: string;
}

const FULL = new Set<unknown>(['ENOSPC', 'EDQUOT', 'EFBIG']);

export function describeTrouble(error: unknown, root: string): DiskTrouble {
  const text = error instanceof Error ? error.message : String(error);
  if (error instanceof NotOwn) return { text, fix: error.fix };
  const full = FULL.has(codeOf(error));
  return {
    text,
    fix: `${full ? 'Free the disk below' : 'Make'} ${root}${full ? '' : ' writable'}, or name another: --spool-dir`,
  };
}
