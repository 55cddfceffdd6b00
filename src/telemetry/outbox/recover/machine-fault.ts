/** What fails today and may not tomorrow: it says nothing of the file that was to be read or written. */
const OF_MACHINE = new Set(['ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE', 'ENOMEM', 'EROFS', 'EIO', 'EAGAIN', 'ESTALE']);

/** A failure of something that is needed for every file. */
export class MachineFault extends Error {
  override readonly name = 'MachineFault';
}

/** Whether an error is of the disk or the process, and not of what is on the disk. */
export function isFaultOfMachine(error: unknown): boolean {
  if (error instanceof MachineFault) return true;
  return error instanceof Error && 'code' in error && OF_MACHINE.has(String(error.code));
}
