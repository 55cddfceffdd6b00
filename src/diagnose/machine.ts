import { existsSync } from 'node:fs';
import { availableParallelism, hostname, totalmem } from 'node:os';
import type { ReadText } from '../config/cgroup.js';
import { nodeFs } from '../config/node-fs.js';

/** What the checks ask of the machine; a test brings its own. */
export interface Machine {
  readonly readText: ReadText;
  /** CPUs that this process may run on. */
  readonly parallelism: number;
  /** Bytes. */
  readonly memory: number;
  readonly hostname: string;
  /** Version of this Node. */
  readonly node: string;
  readonly isContainer: boolean;
}

export function thisMachine(env: Readonly<Record<string, string | undefined>>): Machine {
  return {
    readText: nodeFs.readText,
    parallelism: availableParallelism(),
    memory: totalmem(),
    hostname: hostname(),
    node: process.versions.node,
    isContainer:
      env.KUBERNETES_SERVICE_HOST !== undefined || existsSync('/.dockerenv') || existsSync('/run/.containerenv'),
  };
}
