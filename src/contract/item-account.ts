import type { ItemAccount, SpanAccount } from '../../hooks/types.js';

/** The account of a worker that has ended no span. */
export const NO_SPANS: ItemAccount = {
  ended: 0,
  adopted: 0,
  interrupted: 0,
  resent: 0,
  exported: 0,
  rejected: 0,
  spooled: 0,
  pending: 0,
  dropped: { queue_full: 0, late: 0, disk_full: 0, expired: 0, non_retryable: 0 },
};

/** All that was lost, whatever the cause. */
export function droppedOf({ dropped }: Pick<ItemAccount, 'dropped'>): number {
  return Object.values(dropped).reduce((sum, spans) => sum + spans, 0);
}

/** The accounts of all signals in one. */
export function partsOf(account: SpanAccount): ItemAccount[] {
  return [account, account.logs, account.metrics].filter((part) => part !== undefined);
}

/**
 * `37 spans in 12 ms, spooled 0, dropped 0`; what was adopted, rejected or is still open is told when there is any, and so
 * are logs and metrics when they are sent.
 */
export function describeAccount(account: SpanAccount, ms: number): string {
  const { logs, metrics } = account;
  const others = [logs && describe(logs, 'log records'), metrics && describe(metrics, 'metrics')];
  return [describe(account, 'spans', ` in ${Math.round(ms)} ms`), ...others.filter((text) => text !== undefined)].join(
    '; ',
  );
}

function describe(account: ItemAccount, noun: string, when = ''): string {
  const { exported, spooled } = account;
  const rare = (['adopted', 'interrupted', 'resent', 'rejected', 'pending'] as const).filter(
    (name) => (account[name] ?? 0) > 0,
  );
  const tail = rare.map((name) => `, ${name} ${account[name]}`).join('');
  return `${exported} ${noun}${when}, spooled ${spooled}, dropped ${droppedOf(account)}${tail}`;
}
