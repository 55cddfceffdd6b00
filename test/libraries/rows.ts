import { INSTRUMENTATIONS } from '../../src/diagnose/bootstrap/instrumentation-rows.js';
import { OUTSIDERS } from '../../src/diagnose/bootstrap/outsiders.js';
import { inRange, tripleOf } from '../../src/diagnose/semver.js';
import { DATA_ROWS } from './rows-data.js';
import { WEB_ROWS } from './rows-web.js';
import type { Age, Row } from './types.js';

export const ROWS: readonly Row[] = [...WEB_ROWS, ...DATA_ROWS];

/** Libraries of bootstrap's table without a program, and why. */
export const WITHOUT_ROW: Readonly<Record<string, string>> = {
  '@prisma/client': 'its client is generated from a schema, by an engine for each platform',
  '@aws-sdk/middleware-stack': 'no app depends on it: shown by @aws-sdk/client-sqs',
  '@aws-sdk/smithy-client': 'no app depends on it: shown by @aws-sdk/client-sqs',
  '@smithy/middleware-stack': 'no app depends on it: shown by @aws-sdk/client-sqs',
  '@smithy/core': 'no app depends on it: shown by @aws-sdk/client-sqs',
  '@smithy/smithy-client': 'no app depends on it: shown by @aws-sdk/client-sqs',
};

/** All libraries of the table. */
export function tableLibraries(): string[] {
  return [...INSTRUMENTATIONS.flatMap(({ modules }) => modules.map(({ name }) => name)), ...Object.keys(OUTSIDERS)];
}

/** The instrumentation of a library, and the versions it is for. */
export function instrumentationOf(library: string): { readonly package: string; readonly ranges: readonly string[] } {
  if (library.startsWith('@aws-sdk/client-')) {
    return { package: '@opentelemetry/instrumentation-aws-sdk', ranges: ['>=3.1.0 <4'] };
  }
  const row = INSTRUMENTATIONS.find(({ modules }) => modules.some(({ name }) => name === library));
  const own = row?.modules.find(({ name }) => name === library);
  if (row && own) return { package: row.package, ranges: own.ranges };
  const outsider = OUTSIDERS[library];
  if (!outsider) throw new Error(`${library} is not in bootstrap's table`);
  return { package: outsider.package, ranges: [outsider.range] };
}

/** The oldest and the newest release that the instrumentation is for, of all that there are. */
export function endsOf(library: string, versions: readonly string[], since = '0.0.0'): Readonly<Record<Age, string>> {
  const { ranges } = instrumentationOf(library);
  const known = versions
    .filter(
      (version) =>
        !version.includes('-') && inRange(version, `>=${since}`) && ranges.some((range) => inRange(version, range)),
    )
    .toSorted(byVersion);
  const [oldest, newest] = [known[0], known.at(-1)];
  if (oldest === undefined || newest === undefined)
    throw new Error(`${library} has no version in ${ranges.join(' || ')}`);
  return { oldest, newest };
}

function byVersion(a: string, b: string): number {
  const [left, right] = [tripleOf(a) ?? [0, 0, 0], tripleOf(b) ?? [0, 0, 0]];
  return left[0] - right[0] || left[1] - right[1] || left[2] - right[2];
}
