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
}

export interface ProbeTask {
  /** Of the app's package.json. */
  readonly dir: string;
  readonly packages: readonly string[];
  /** Whether to import each module, to see whether it is instrumented. */
  readonly imports: boolean;
}

/** As long as it may take, in milliseconds, where 300 are usual: what is not known by then is left out. */
const LIMIT = 10_000;

/**
 * Loads instrumentation packages of the app in a process of their own, which ends with its answer: they and what they
 * instrument may do anything when they are loaded.
 */
export function probeInstrumentations(task: ProbeTask): Promise<readonly ProbedInstrumentation[]> {
  if (task.packages.length === 0) return Promise.resolve([]);
  return new Promise((resolve, reject) => {
    const { NODE_OPTIONS: _, ...env } = process.env;
    const child = spawn(process.execPath, [join(import.meta.dirname, './probe-child.js')], {
      cwd: task.dir,
      env: { ...env, OTEL_LOG_LEVEL: 'none' },
      stdio: ['pipe', 'ignore', 'ignore', 'pipe'],
    });
    let text = '';
    const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT);
    child.once('error', reject);
    child.stdio[3]!.on('data', (chunk) => {
      text += chunk;
    });
    child.once('close', () => {
      clearTimeout(timer);
      // One line for each: those that came before the end are good.
      const lines = text.split('\n').slice(0, -1);
      resolve(lines.map((line) => JSON.parse(line) as ProbedInstrumentation));
    });
    child.stdin!.on('error', () => undefined); // it ended before it read: then there are no lines
    child.stdin!.end(JSON.stringify(task));
  });
}
