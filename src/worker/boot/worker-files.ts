/** A file that a worker writes by itself. */
export interface WorkerFile {
  /** Opens it anew, as after a rotation by others. Never throws. */
  reopen(): void;
  /** Writes what can be written, and says whether anything is left. */
  settle(): boolean;
}

/** How often it is tried at a worker's end, and how long in all, in milliseconds. */
const AGAIN = 20;
const PATIENCE = 900;

/** Settles when all of them are written; whoever takes nothing holds up no exit. */
export async function filesWritten(files: readonly WorkerFile[]): Promise<void> {
  const last = performance.now() + PATIENCE;
  while (files.filter((file) => file.settle()).length > 0 && performance.now() < last) {
    await new Promise((resolve) => setTimeout(resolve, AGAIN));
  }
}
