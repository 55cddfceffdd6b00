import { realpathSync } from 'node:fs';
import { readPlainFile } from './plain-file.js';

/**
 * Whether a file is on a mount that nobody can write to, as a Secret of Kubernetes is: its mode cannot be changed, and says
 * nothing. False where that cannot be read.
 */
export function isOnReadOnlyMount(file: string): boolean {
  try {
    return isReadOnly(realpathSync(file), readPlainFile('/proc/self/mountinfo'));
  } catch {
    return false; // no /proc, or the file is gone: then it is judged by its mode
  }
}

/** @param mountinfo as proc(5) has it */
export function isReadOnly(path: string, mountinfo: string): boolean {
  let best = { at: '', readOnly: false };
  for (const line of mountinfo.split('\n')) {
    const [before = '', after = ''] = line.split(' - ');
    const [, , , , mounted = '', options = ''] = before.split(' ');
    const at = mounted.replace(/\\([0-7]{3})/g, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8)));
    const covers = at !== '' && (path === at || path.startsWith(at.endsWith('/') ? at : `${at}/`));
    if (!covers || at.length < best.at.length) continue; // of two at one place the later one is on top
    const all = [...options.split(','), ...(after.split(' ')[2] ?? '').split(',')];
    best = { at, readOnly: all.includes('ro') };
  }
  return best.readOnly;
}
