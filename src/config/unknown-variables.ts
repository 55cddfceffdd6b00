import { nearest } from '../contract/nearest.js';
import { envNamesOf } from './option-row.js';
import { ROWS } from './options.js';

const PREFIX = 'KF_CLUSTER_';

/** Set by us, for processes of ours. */
const OWN = ['KF_CLUSTER_APP', 'KF_CLUSTER_BOOT', 'KF_CLUSTER_STARTER'];

/**
 * One note for each variable with our prefix that no option reads, with the one that was most likely meant. No error: the
 * variable may be for another version, whose environment this one shares.
 *
 * @param where behind each name, for those that stand in a file
 */
export function unknownVariables(variables: Readonly<Record<string, string | undefined>>, where = ''): string[] {
  const known = [...ROWS.flatMap(envNamesOf), ...OWN];
  const unknown = Object.keys(variables).filter((name) => name.startsWith(PREFIX) && !known.includes(name));
  return unknown
    .filter((name) => !isServiceLink(name))
    .map((name) => `${name}${where} is no option${hint(name, known)}`);
}

/** The prefix, which all have, does not count. */
function hint(name: string, known: readonly string[]): string {
  const ends = known
    .filter((one) => one.startsWith(PREFIX) && !OWN.includes(one))
    .map((one) => one.slice(PREFIX.length));
  const near = nearest(name.slice(PREFIX.length), ends);
  return near === undefined ? ' and does nothing' : `: did you mean ${PREFIX}${near}?`;
}

/** Kubernetes sets these in every pod beside a service that is called kf-cluster. */
function isServiceLink(name: string): boolean {
  return /^KF_CLUSTER_(PORT(_\d+_(TCP|UDP)(_(PROTO|PORT|ADDR))?)?|SERVICE_(HOST|PORT)(_\w+)?)$/.test(name);
}
