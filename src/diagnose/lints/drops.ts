import type { DropCause } from '../../contract/item-account.js';
import { keysOf } from '../../contract/table-keys.js';
import type { LintFinding, LintRow } from './lint-span.js';
import { plural } from './lint-span.js';

/** Why each is given up, and what helps. */
export const DROPS: Readonly<Record<DropCause, { readonly why: string; readonly fix: string }>> = {
  queue_full: {
    why: 'more came than could be stored or sent',
    fix: 'Give --spool-dir room, sample, or let the collector take more.',
  },
  late: { why: 'they ended when the flush was over', fix: 'End spans before the drain ends; raise --flush-timeout.' },
  disk_full: { why: 'the spool is full, or its disk', fix: 'Raise --spool-max, or free the disk.' },
  expired: { why: 'they are older than --spool-max-age', fix: 'Bring the collector back sooner, or raise it.' },
  non_retryable: {
    why: 'the collector refused them for good',
    fix: 'Its log says why: a quota, a size, a field that it does not take.',
  },
};

export type Drops = Readonly<Partial<Record<DropCause, number>>>;

export const DROP_LINTS = {
  'dropped-spans': {
    severity: 'error',
    about: 'spans were given up, by cause',
    describe: ({ count, names }) => ({
      what: `${plural(count, 'span')} dropped: ${names}`,
      why: names,
      fix: 'docs/DELIVERY.md has each cause.',
    }),
  },
} satisfies Readonly<Record<string, LintRow>>;

/** One finding a cause. */
export function lintDrops(drops: Drops): LintFinding[] {
  const { severity, describe } = DROP_LINTS['dropped-spans'];
  return keysOf(DROPS).flatMap((cause) => {
    const count = drops[cause] ?? 0;
    if (count === 0) return [];
    const texts = describe({ service: '', count, names: cause });
    return [{ id: 'dropped-spans', severity, ...texts, ...DROPS[cause], examples: [] }];
  });
}
