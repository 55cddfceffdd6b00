import { isAbsolute, relative, sep } from 'node:path';
import type { Config } from '../config/types.js';

type Matcher = (path: string) => boolean;
/** The one function of `picomatch` that is needed. */
type Compile = (pattern: string, options: { dot: boolean }) => Matcher;
type Settings = Pick<Config, 'cwd' | 'watchIgnore' | 'logFile' | 'pidfile' | 'spoolDir'>;

/**
 * What `--watch` leaves alone: `node_modules`, dotfiles, the files that we write ourselves, and the patterns of
 * `--watch-ignore`. A pattern without a slash counts at any depth, one with a slash from the working directory.
 *
 * @param paths what is watched, absolute: their own names may begin with a dot
 */
export function ignoreRule(settings: Settings, paths: readonly string[], compile: Compile): Matcher {
  const { cwd, watchIgnore = [], logFile, pidfile, spoolDir } = settings;
  const own = [pidfile, spoolDir].filter((path) => path !== undefined);
  const patterns = watchIgnore.map((text) => patternOf(text, cwd, compile));
  return (path) => {
    const root = paths.findLast((one) => path === one || path.startsWith(one + sep)) ?? cwd;
    const inside = relative(root, path).split(sep);
    if (inside.some((name) => name === 'node_modules' || /^\.[^.]/.test(name))) return true;
    if (own.some((one) => path === one || path.startsWith(one + sep))) return true;
    if (logFile !== undefined && path.startsWith(logFile)) return true; // and those it was rotated to
    return patterns.some((matches) => matches(path));
  };
}

function patternOf(text: string, cwd: string, compile: Compile): Matcher {
  const pattern = text.replace(/^\.\//, '').replace(/\/+$/, '');
  const matches = compile(pattern, { dot: true });
  if (isAbsolute(pattern)) return (path) => path === pattern || matches(path);
  if (pattern.includes('/')) return (path) => matches(relative(cwd, path));
  return (path) => relative(cwd, path).split(sep).some(matches);
}
