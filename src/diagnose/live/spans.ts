import type { DoctorAnswer } from '../../contract/control-protocol.js';
import type { Finding } from '../check.js';
import { createLints, type LINTS } from '../lints/index.js';
import type { Symptom } from '../symptoms.js';

/** Where docs/guides/TROUBLESHOOTING.md has each lint. */
export const LINT_SYMPTOMS: Readonly<Record<keyof typeof LINTS, Symptom>> = {
  'internal-only': 'service-map',
  'root-client': 'context',
  'orphan-spans': 'broken-traces',
  'two-server-spans': 'not-attached',
  'unended-spans': 'lost-spans',
  'high-cardinality-names': 'cardinality',
  'server-without-route': 'service-map',
  'exception-without-status': 'validation',
  'huge-attributes': 'lost-spans',
  'dropped-spans': 'lost-spans',
};

const isLint = (id: string): id is keyof typeof LINTS => Object.hasOwn(LINT_SYMPTOMS, id);

/** What the lints find in the spans that workers have seen. `nowMs`: since 1970. */
export function lintWatched({ status, watched }: DoctorAnswer, nowMs: number): Finding[] {
  // Starts are seen as well as ends, so that nothing is still on its way.
  const lints = createLints({ settledMs: 0 });
  for (const span of watched.flatMap(({ spans }) => spans)) lints.add(span);
  const serves = status.workers.some(({ stats }) => (stats?.requests ?? 0) > 0);
  return lints
    .findings(nowMs)
    .filter(({ id }) => serves || id !== 'internal-only') // a job that runs by itself has no SERVER span
    .map(({ id, severity, what, why, fix, examples }) => ({
      ...{ id, severity, symptom: isLint(id) ? LINT_SYMPTOMS[id] : 'validation', what, why, fix },
      ...(examples.length > 0 && { next: `look for trace ${examples.join(', ')}` }),
    }));
}
