import { fstatSync, statSync } from 'node:fs';
import { devNull } from 'node:os';

/**
 * Whether a descriptor is a terminal. Node's module that knows it takes 200 kB of memory, and is loaded only for what could be
 * one. False for one that is not open.
 */
export function isTerminal(fd: number): boolean {
  return mayBeTerminal(fd) && process.getBuiltinModule('node:tty').isatty(fd);
}

function mayBeTerminal(fd: number): boolean {
  try {
    const file = fstatSync(fd);
    return file.isCharacterDevice() && file.rdev !== statSync(devNull).rdev;
  } catch {
    return false;
  }
}
