import { hrefOf } from '../data/address.js';
import type { ErrorGroup } from '../data/contract.js';
import { errors } from '../data/state.js';
import { Empty, Waiting } from '../parts/empty.js';
import { clock, count } from '../parts/format.js';

export function ErrorsView() {
  const groups = errors.value;
  if (groups === undefined) return <Waiting />;
  if (groups.length === 0) {
    return (
      <Empty title="No errors">
        <p>Exceptions of spans and logs appear here, grouped by their type and the app's own line that threw.</p>
      </Empty>
    );
  }
  return (
    <section class="view" aria-labelledby="view-title">
      <div class="tools">
        <h1 id="view-title">Errors</h1>
        <span class="muted">by type and the app's own frame</span>
      </div>
      <ul class="cards">
        {groups.map((group) => (
          <Group key={group.key} group={group} />
        ))}
      </ul>
    </section>
  );
}

function Group({ group }: { readonly group: ErrorGroup }) {
  return (
    <li>
      <h2>
        <span class="badge bad">{count(group.count, 'time')}</span> {group.type}
      </h2>
      <p>{group.message}</p>
      {group.frame && (
        <p>
          <code>{group.frame}</code>
        </p>
      )}
      <p class="muted">
        {clock(group.first)} to {clock(group.last)}
        {group.workers.length > 0 && `, ${count(group.workers.length, 'worker')} (${group.workers.join(', ')})`}
        {group.routes.length > 0 && `, ${group.routes.join(', ')}`}
      </p>
      <p class="links">
        {group.traceIds.map((id) => (
          <a key={id} data-row="" href={hrefOf({ view: 'traces', id })}>
            trace {id.slice(0, 8)}
          </a>
        ))}
      </p>
      {group.stack && (
        <details>
          <summary>Stack</summary>
          <pre>{group.stack}</pre>
        </details>
      )}
    </li>
  );
}
