import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { node24 } from './nodes.js';
import { OWN_PLACE } from './own-place.js';

export interface Ran {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  /** Resolves to stdout when it holds this text. */
  prints(text: string): Promise<string>;
  kill(signal: NodeJS.Signals): void;
  readonly done: Promise<Ran>;
}

export const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Paths of the Node binaries the process tests run on; a test asks isHere() for its own. */
export const nodes = {
  node20: process.execPath,
  node24: node24(),
} as const;

const stateDirs: string[] = [];
process.once('exit', () => {
  for (const dir of stateDirs) rmSync(dir, { recursive: true, force: true });
});

/** Where programs under test keep what they could not deliver: one place for each, so that none sends another's. */
export function stateDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'kf-state-'));
  stateDirs.push(dir);
  return dir;
}

/** Runs a Node program with only this environment added to a bare one. */
export function runNode(
  args: readonly string[],
  env: Record<string, string> = {},
  node: string = nodes.node20,
): Running {
  const bare = { PATH: process.env.PATH ?? '', ...OWN_PLACE, XDG_STATE_HOME: stateDir() };
  const child = spawn(node, args, { env: { ...bare, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  const checks = new Set<() => void>();
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
    for (const check of [...checks]) check();
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const done = new Promise<Ran>((resolve) =>
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr })),
  );
  const prints = (text: string) =>
    new Promise<string>((resolve, reject) => {
      const check = () => stdout.includes(text) && resolve(stdout);
      checks.add(check);
      check();
      void done.then(() => reject(new Error(`ended without printing ${text}: ${stderr}`)));
    });
  return { prints, kill: (signal) => child.kill(signal), done };
}
