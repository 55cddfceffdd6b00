import { inRange } from '../semver.js';
import { INSTRUMENTATIONS } from './instrumentation-rows.js';
import { BY_THEMSELVES, NOTHING, OUTSIDERS } from './outsiders.js';

/** What can be done for one library. */
export type Advice =
  /** `version` of our family. */
  | { readonly type: 'add'; readonly package: string; readonly version: string }
  | { readonly type: 'range'; readonly package: string; readonly ranges: readonly string[] }
  | {
      readonly type: 'code';
      readonly package: string;
      readonly version: string;
      readonly why: string;
      readonly code: string;
    }
  | { readonly type: 'nothing-needed'; readonly why: string }
  | { readonly type: 'nothing-exists'; readonly why: string };

/**
 * Undefined for a library that needs no spans of its own.
 *
 * @param versionOf what else is installed: redis 4 is a cover around @redis/client, and that is what is instrumented
 */
export function adviceFor(
  library: string,
  version: string,
  versionOf: (name: string) => string | undefined = () => undefined,
): Advice | undefined {
  const byItself = BY_THEMSELVES[library];
  if (byItself !== undefined) return { type: 'nothing-needed', why: byItself };
  if (library.startsWith(AWS_CLIENT)) return addOf('@opentelemetry/instrumentation-aws-sdk');
  const row = INSTRUMENTATIONS.find(({ modules }) => modules.some(({ name }) => name === library));
  if (row && !LEFT_OUT.has(row.package)) {
    const isFor = row.modules.some(({ name, ranges }) => {
      const there = name === library ? version : versionOf(name);
      return there !== undefined && ranges.some((range) => inRange(there, range));
    });
    const { ranges = [] } = row.modules.find(({ name }) => name === library) ?? {};
    return isFor ? addOf(row.package) : { type: 'range', package: row.package, ranges };
  }
  const outsider = OUTSIDERS[library];
  if (outsider) {
    const { package: name, version: ours, range, why, code, itself } = outsider;
    if (itself && inRange(version, itself.range)) return { type: 'nothing-needed', why: itself.why };
    if (!inRange(version, range)) return { type: 'range', package: name, ranges: [range] };
    return code === undefined
      ? { type: 'add', package: name, version: ours }
      : { type: 'code', package: name, version: ours, why, code };
  }
  const none = NOTHING[library];
  return none === undefined ? undefined : { type: 'nothing-exists', why: none };
}

/** Each service of AWS is a package of its own; what is instrumented is below them. */
const AWS_CLIENT = '@aws-sdk/client-';

function addOf(name: string): Advice | undefined {
  const row = INSTRUMENTATIONS.find((one) => one.package === name);
  return row && { type: 'add', package: row.package, version: row.version };
}

/** Fastify maintains its own, and this one is no longer developed. */
const LEFT_OUT = new Set(['@opentelemetry/instrumentation-fastify']);
