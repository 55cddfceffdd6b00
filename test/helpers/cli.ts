import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { OWN_PLACE } from './own-place.js';

const BIN = fileURLToPath(new URL('../../bundle/bin.cjs', import.meta.url));

export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built command line to its end, in an environment that says nothing about colours or telemetry. */
export function kf(
  args: readonly string[],
  cwd: string,
  env: Record<string, string> = {},
  bin = BIN,
): Promise<CliResult> {
  const { PATH = '', HOME = '' } = process.env;
  return new Promise((resolve) => {
    const own = { PATH, HOME, ...OWN_PLACE, ...env };
    execFile(process.execPath, [bin, ...args], { cwd, env: own }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}
