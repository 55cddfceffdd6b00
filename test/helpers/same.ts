import { isDeepStrictEqual } from 'node:util';
import type { ExecutionContext } from 'ava';

/** `t.deepEqual`, which describes all of both values before it compares them: asked only where they are not the same. */
export function same(t: ExecutionContext, actual: unknown, expected: unknown, message?: string): void {
  if (isDeepStrictEqual(actual, expected)) t.pass(message);
  else t.deepEqual(actual, expected, message);
}
