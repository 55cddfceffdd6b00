import { hrefOf } from '../data/address.js';
import type { LintRow } from '../data/contract.js';
import { lints } from '../data/state.js';
import { Empty, Waiting } from '../parts/empty.js';

const CLASSES = { error: 'bad', warning: 'warn', information: '' } satisfies Record<LintRow['severity'], string>;

export function LintsView() {
  const rows = lints.value;
  if (rows === undefined) return <Waiting />;
  if (rows.length === 0) {
    return (
      <Empty title="Nothing to mend">
        <p>
          What the app sends is looked through for common faults: attributes that are no standard, spans that never end,
          names with ids in them. <code>kf-cluster doctor app.js</code> looks at the set-up as well.
        </p>
      </Empty>
    );
  }
  return (
    <section class="view" aria-labelledby="view-title">
      <div class="tools">
        <h1 id="view-title">Lints</h1>
        <span class="muted">what to mend in the telemetry of this app</span>
      </div>
      <ul class="cards">
        {rows.map((row) => (
          <li key={row.id}>
            <h2>
              <span class={`badge ${CLASSES[row.severity]}`}>{row.severity}</span> {row.what}
            </h2>
            <p>{row.why}</p>
            <p>
              <strong>Fix:</strong> {row.fix}
            </p>
            {row.examples.length > 0 && (
              <ul class="examples">
                {row.examples.map((example) => (
                  <li key={example}>
                    <Example text={example} />
                  </li>
                ))}
              </ul>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Most are ids of traces. */
function Example({ text }: { readonly text: string }) {
  if (!/^[0-9a-f]{32}$/.test(text)) return <code>{text}</code>;
  return (
    <a href={hrefOf({ view: 'traces', id: text })}>
      <code>{text}</code>
    </a>
  );
}
