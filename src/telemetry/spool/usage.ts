import { join } from 'node:path';
import type { SpoolPorts } from './ports.js';

/** Bytes of all files below a directory. Other workers rename and delete in there meanwhile. */
export function usage(dir: string, ports: SpoolPorts): number {
  let sum = 0;
  for (const entry of entriesIn(dir, ports)) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) sum += usage(path, ports);
    else if (entry.isFile()) sum += ports.fs.statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  }
  return sum;
}

function entriesIn(dir: string, ports: SpoolPorts) {
  try {
    return ports.fs.readdirSync(dir, { withFileTypes: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
