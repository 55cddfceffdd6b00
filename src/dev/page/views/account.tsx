import type { SupervisorView } from '../data/contract.js';
import { count, digits, workerName } from '../parts/format.js';

/** Every ended span is received, dropped for a named cause, or still on its way. */
export function Account({ account }: Pick<SupervisorView, 'account'>) {
  const { unaccounted } = account;
  const dropped = account.dropped.reduce((sum, { count }) => sum + count, 0);
  const terms: readonly (readonly [name: string, value: number])[] = [
    ['ended', account.ended],
    ['received', account.received],
    ['dropped', dropped],
    ['on their way', account.held],
    ...(unaccounted.workers.length > 0 ? [['not accounted for', unaccounted.count] as const] : []),
  ];
  return (
    <section class="block">
      <h2>
        Account of spans{' '}
        <span class={`badge ${account.balanced ? 'good' : 'bad'}`}>
          {account.balanced ? 'balanced' : 'not balanced'}
        </span>
      </h2>
      <dl class="account">
        {terms.map(([name, value], at) => (
          <div key={name}>
            <dt class="muted">{name}</dt>
            <dd>
              {digits(value)} {at === 0 ? '=' : at < terms.length - 1 ? '+' : ''}
            </dd>
          </div>
        ))}
      </dl>
      {unaccounted.workers.length > 0 && (
        <p>
          {unaccounted.workers.map((worker) => `${workerName(worker)} (pid ${worker.pid})`).join('; ')}: ended without
          an account. Of {unaccounted.workers.length === 1 ? 'its spans' : 'their spans'}{' '}
          {count(unaccounted.count, 'is', 'are')} known to be lost; there may have been more.
        </p>
      )}
      {account.dropped.length > 0 && (
        <ul class="examples">
          {account.dropped.map(({ cause, count }) => (
            <li key={cause}>
              {digits(count)} dropped: {cause}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
