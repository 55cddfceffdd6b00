import { dirname, join } from 'node:path';
import type { ProjectFs } from './project.js';
import type { ScriptFs } from './script.js';
import { upwards } from './upwards.js';

/** The file behind an entry of node_modules/.bin: a link of npm and Yarn, a script of the shell of pnpm. */
export function binOf(name: string, from: string, fs: ScriptFs & ProjectFs): string | undefined {
  for (const dir of upwards(from)) {
    const entry = join(dir, 'node_modules', '.bin', name);
    if (fs.kind(entry) !== 'file') continue;
    const real = fs.realPath(entry);
    const text = fs.readText(real) ?? '';
    const [, target] = /"\$basedir\/([^"]+\.[cm]?js|[^"]+\/bin\/[^"]+)"\s+"\$@"/.exec(text) ?? [];
    if (target !== undefined) return join(dirname(entry), target);
    return /\.[cm]?js$/.test(real) || /^#!.*\bnode\b/.test(text) ? real : undefined;
  }
  return undefined;
}
