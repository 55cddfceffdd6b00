import { spawn } from 'node:child_process';
import { join } from 'node:path';

/** One module that an instrumentation is for, as the instrumentation itself says. */
export interface ProbedModule {
  readonly name: string;
  readonly ranges: readonly string[];
  /** The app's copy of it; undefined where there is none, or it was not looked at. */
  readonly version: string | undefined;
  /** Whether it was seen when it was imported. Undefined where that was not tried. */
  readonly seen: boolean | undefined;
}

export interface ProbedInstrumentation {
  readonly package: string;
  readonly modules: readonly ProbedModule[];
  /** Why it could not be loaded. */
  readonly error: string | undefined;
  /** Why nothing is known of it: it was never loaded, or it ended who loads it. */
  readonly unknown?: string;
}

export interface ProbeTask {
  /** Of the app's package.json. */
  readonly dir: string;
  readonly packages: readonly string[];
  /** Whether to import each module, to see whether it is instrumented. */
  readonly imports: boolean;
}

/** As long as it may take, in milliseconds, where 300 are usual. */
const LIMIT = 30_000;

/**
 * Loads instrumentation packages of the app in a process of their own, which ends with its answer: they and what they
 * instrument may do anything when they are loaded. There is one answer for each package.
 *
 * @param end ends it; what has not answered by then is `unknown`. Default: after 30 s
 */
export function probeInstrumentations(
  task: ProbeTask,
  end: AbortSignal = AbortSignal.timeout(LIMIT),
): Promise<readonly ProbedInstrumentation[]> {
  if (task.packages.length === 0) return Promise.resolve([]);
  return new Promise((resolve, reject) => {
    const { NODE_OPTIONS: _, ...env } = process.env;
    const child = spawn(process.execPath, [join(import.meta.dirname, './probe-child.js')], {
      cwd: task.dir,
      env: { ...env, OTEL_LOG_LEVEL: 'none' },
      stdio: ['pipe', 'ignore', 'ignore', 'pipe'],
    });
    let text = '';
    const kill = () => child.kill('SIGKILL');
    end.addEventListener('abort', kill);
    child.once('error', reject);
    child.stdio[3]!.on('data', (chunk) => {
      text += chunk;
    });
    child.once('close', (code, signal) => {
      end.removeEventListener('abort', kill);
      // One line for each: those that came before the end are good.
      const known = text
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as ProbedInstrumentation);
      const why = end.aborted
        ? `it was not loaded within ${LIMIT / 1000} s`
        : `it ended the process that loads it (${signal ?? code})`;
      resolve([...known, ...unknown(task.packages.slice(known.length), why)]);
    });
    child.stdin!.on('error', () => undefined); // it ended before it read: then there are no lines
    child.stdin!.end(JSON.stringify(task));
  });
}

/** The first is the one that was being loaded; the others stand behind it. */
function unknown([first, ...others]: readonly string[], why: string): ProbedInstrumentation[] {
  if (first === undefined) return [];
  const none = { modules: [], error: undefined };
  return [
    { ...none, package: first, unknown: why },
    ...others.map((name) => ({ ...none, package: name, unknown: `${first} stands before it, and ${why}` })),
  ];
}
