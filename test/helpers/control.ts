import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { kfCluster, privateDir, type Running, type StartOptions } from './cluster.js';

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** One user's session: clusters started here find each other by name. */
export interface Session {
  readonly runtimeDir: string;
  readonly env: Record<string, string>;
  start(args: readonly string[], options?: StartOptions): Running;
  /** Runs a command to its end. */
  run(...args: string[]): Promise<Ran>;
  /** Starts a command that is watched. */
  watch(...args: string[]): Running;
}

/** Settings of a session whose logs are for people: for tests of what stands in a log. */
export const PRETTY = { KF_CLUSTER_LOG_FORMAT: 'pretty' } as const;

export function session(t: ExecutionContext, change: Readonly<Record<string, string>> = {}): Session {
  const runtimeDir = privateDir(t);
  const env = { XDG_RUNTIME_DIR: runtimeDir, XDG_STATE_HOME: runtimeDir, ...change };
  const start = (args: readonly string[], options: StartOptions = {}) =>
    kfCluster(t, args, { ...options, env: { ...env, ...options.env } });
  return {
    runtimeDir,
    env,
    start,
    watch: (...args) => start(args),
    run: async (...args) => {
      const command = start(args);
      const { code } = await command.exit;
      return { code, stdout: command.stdout(), stderr: command.stderr() };
    },
  };
}

/** A directory for files that a test writes, without symlinks in its path. Gone with the test. */
export function workDir(t: ExecutionContext): string {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'kf-work-')));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}
