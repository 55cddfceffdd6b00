import type { FullStatus, FullWorkerStatus } from '../../contract/control-protocol.js';
import { type ItemAccount, partsOf } from '../../contract/item-account.js';
import { PHASE_TRAITS } from '../../contract/phases.js';
import { keysOf } from '../../contract/table-keys.js';
import type { Check, Checks, Problem } from '../check.js';
import { DROPS } from '../lints/drops.js';

const LOST = { severity: 'error', symptom: 'lost-spans' } as const satisfies Partial<Check<FullStatus>>;

/** What a running supervisor and its workers say of themselves. A worker that is hung is left out, and named. */
export const LIVE_CHECKS = {
  'live-refused': {
    ...LOST,
    symptom: 'authentication',
    about: 'the collector refuses everything that workers send',
    find: ({ workers }) =>
      once(
        workers.flatMap((one) =>
          partsIn(one).flatMap(({ held, pending, spooled }) =>
            held === undefined
              ? []
              : [
                  {
                    what: `the collector refuses what workers send: ${held}`,
                    why: `${pending + spooled} items of slot ${one.slot} wait`,
                    fix: 'Check the key in the headers, the endpoint and its path.',
                    next: 'kf-cluster doctor',
                  },
                ],
          ),
        ),
      ),
  },
  'live-dropped': {
    ...LOST,
    about: 'items that were given up, by cause',
    find: ({ workers }) => {
      const parts = workers.flatMap(partsIn);
      return keysOf(DROPS)
        .map((cause) => ({ cause, items: parts.reduce((sum, { dropped }) => sum + (dropped[cause] ?? 0), 0) }))
        .filter(({ items }) => items > 0)
        .map(({ cause, items }) => ({
          what: `${items} items were dropped: ${cause}`,
          ...DROPS[cause],
        }));
    },
  },
  'live-rejected': {
    ...LOST,
    about: 'items that the collector rejected within a request that it took',
    find: ({ workers }) => {
      const items = sum(workers, ({ rejected }) => rejected);
      if (items === 0) return [];
      return [
        {
          what: `the collector rejected ${items} items`,
          why: 'a partial success: its log says why',
          fix: 'A quota, a schema, or a pipeline that is missing.',
        },
      ];
    },
  },
  'live-waiting': {
    severity: 'warning',
    symptom: 'lost-spans',
    about: 'items that wait on disk',
    find: ({ workers }) => {
      const items = sum(workers, ({ spooled, held }) => (held === undefined ? spooled : 0));
      if (items === 0) return [];
      return [
        {
          what: `${items} items wait on disk`,
          why: 'the collector was not reached, or is slower than the workers',
          fix: 'They are sent when it answers.',
          next: 'kf-cluster doctor',
        },
      ];
    },
  },
  'live-no-spans': {
    severity: 'error',
    symptom: 'no-traces',
    about: 'workers answer requests and end no span',
    find: ({ workers }) =>
      workers.flatMap(({ slot, stats: { requests, spans } = { requests: 0 } }) =>
        requests === 0 || (spans?.ended ?? 0) > 0
          ? []
          : {
              what: `slot ${slot} has answered ${requests} requests and ended no span`,
              why: spans
                ? 'nothing is sampled or instrumented'
                : "no provider keeps an account: telemetry is off, or the provider is the app's own",
              fix: 'Check the sampler, OTEL_NODE_DISABLED_INSTRUMENTATIONS and --no-telemetry.',
              next: 'kf-cluster doctor',
            },
      ),
  },
  'live-not-patched': {
    severity: 'warning',
    symptom: 'not-attached',
    about:
      'an instrumentation that has patched nothing: loaded too early, another version, an import that was not seen',
    find: ({ workers }) =>
      once(
        workers.flatMap(({ stats }) =>
          (stats?.instrumentations ?? [])
            .filter(({ state }) => state !== 'patched' && state !== 'not-loaded')
            .map(({ package: name, state, why }) => ({
              what: `${name} has patched nothing: ${state}`,
              why: why ?? STATES[state] ?? state,
              fix: 'docs/TELEMETRY.md has each state.',
            })),
        ),
      ),
  },
  'live-silent': {
    severity: 'warning',
    symptom: 'deployment',
    about: 'a worker that does not answer: it boots, or its event loop is blocked',
    // A supervisor of another build may know a phase more.
    find: ({ workers }) =>
      workers
        .filter(({ stats, phase }) => stats === undefined && PHASE_TRAITS[phase]?.answers)
        .map(({ slot, pid }) => ({
          what: `slot ${slot} (pid ${pid}) does not answer`,
          why: 'its event loop is blocked: spans wait as well as requests',
          fix: '--hang-timeout replaces it.',
          next: `kf-cluster describe ${slot}`,
        })),
  },
  'live-output': {
    severity: 'warning',
    symptom: 'lost-spans',
    about: 'log lines that were dropped, or a log file that cannot be written',
    find: ({ output: { problem, dropped } }) =>
      problem === undefined && dropped.lines === 0
        ? []
        : [
            {
              what: `output: ${problem ?? `${dropped.lines} lines were dropped`}`,
              why: 'nobody reads it, or the disk is full',
              fix: 'docs/LOGS.md',
            },
          ],
  },
} satisfies Checks<FullStatus>;

const STATES: Readonly<Record<string, string>> = {
  'loaded-before': 'the module was there before the instrumentation',
  version: 'it knows no such version of the module',
  failed: 'the instrumentation threw when it was to patch it',
  unseen: 'it was imported where no hook is registered',
};

function partsIn({ stats }: FullWorkerStatus): readonly ItemAccount[] {
  return stats?.spans ? partsOf(stats.spans) : [];
}

function sum(workers: readonly FullWorkerStatus[], of: (part: ItemAccount) => number): number {
  return workers.flatMap(partsIn).reduce((total, part) => total + of(part), 0);
}

/** What several workers say alike. */
function once(problems: readonly Problem[]): Problem[] {
  return problems.filter((one, i) => problems.findIndex(({ what }) => what === one.what) === i);
}
