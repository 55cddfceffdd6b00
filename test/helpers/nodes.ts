import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';

/** The Node under test: `npm run test:newer` and `test:nodes` run the process tests on each supported one. */
export const NODE = fromRoot(process.env.KF_TEST_NODE) ?? process.execPath;

/**
 * Node 24, as `npm run node24` installs it (test/nodes.mjs); undefined where it is not: the test asks isHere(). Not a dependency:
 * its bin would stand in for `node` in every npm script.
 */
export function node24(): string | undefined {
  const path = fromRoot(`.cache/node24/node_modules/node-${process.platform}-${process.arch}/bin/node`);
  return path && existsSync(path) ? path : undefined;
}

/** Whether a test has the Node that it needs; prints why it is left out. In CI (KF_TEST_STRICT) the test fails instead. */
export function isHere(t: ExecutionContext, node: string | undefined): node is string {
  if (node !== undefined) return true;
  const why = 'this test needs a second Node: run `npm run node24` first';
  if (process.env.KF_TEST_STRICT) {
    t.fail(why);
    return false;
  }
  t.log(`skipped: ${why}`);
  t.pass();
  return false;
}

function fromRoot(path: string | undefined): string | undefined {
  return path && fileURLToPath(new URL(path, new URL('../../../', import.meta.url)));
}
