import { join } from 'node:path';
import { codeOf } from '../../../contract/system-error.js';
import type { SpoolPorts } from '../outbox-ports.js';

/** Bytes of a file, or of all files below a directory. Other workers rename and delete in there meanwhile. */
export function usage(path: string, ports: SpoolPorts): number {
  const stat = ports.fs.lstatSync(path, { throwIfNoEntry: false });
  if (!stat?.isDirectory()) return stat?.isFile() ? stat.size : 0;
  return namesIn(path, ports).reduce((sum, name) => sum + usage(join(path, name), ports), 0);
}

/** What cannot be listed cannot be counted: somebody else's directory must not stop what is ours. */
function namesIn(dir: string, ports: SpoolPorts): string[] {
  try {
    return ports.fs.readdirSync(dir);
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EACCES' || code === 'EPERM') return [];
    throw error;
  }
}
