import { useSignal } from '@preact/signals';
import { type ComponentChildren, Fragment } from 'preact';
import { hrefOf } from '../data/address.js';
import { HISTOGRAM_BOUNDS_MS, type Red, type RouteRow } from '../data/contract.js';
import { routes } from '../data/state.js';
import { Empty, Waiting } from '../parts/empty.js';
import { digits, duration, percent, slotName } from '../parts/format.js';
import { Histogram } from '../parts/histogram.js';
import { Wide } from '../parts/wide.js';

export function RoutesView() {
  const open = useSignal<string | undefined>(undefined);
  const rows = routes.value;
  if (rows === undefined) return <Waiting />;
  if (rows.length === 0) {
    return (
      <Empty title="No routes yet">
        <p>Each HTTP route that the app serves appears here with its rate, errors and duration. Send it a request.</p>
      </Empty>
    );
  }
  return (
    <section class="view" aria-labelledby="view-title">
      <div class="tools">
        <h1 id="view-title">Routes</h1>
        <span class="muted">rate of the last minute; the newest generation is held against the one before</span>
      </div>
      <Wide label="All routes">
        <table class="rows">
          <RedHead first="Route" />
          <tbody>
            {rows.map((row) => {
              const key = `${row.service} ${row.method} ${row.route}`;
              const shown = open.value === key;
              return (
                <Fragment key={key}>
                  <RedRow red={row.all}>
                    <button
                      type="button"
                      class="plain"
                      data-row=""
                      aria-expanded={shown}
                      onClick={() => {
                        open.value = shown ? undefined : key;
                      }}
                    >
                      {shown ? '▾' : '▸'} {row.method} {row.route}
                    </button>{' '}
                    <Regression row={row} />
                  </RedRow>
                  {shown && <Parts row={row} />}
                </Fragment>
              );
            })}
          </tbody>
        </table>
      </Wide>
    </section>
  );
}

function RedHead({ first }: { readonly first: string }) {
  return (
    <thead>
      <tr>
        <th scope="col">{first}</th>
        {['Rate', 'Errors', 'p50', 'p95', 'p99', 'Count'].map((name) => (
          <th key={name} scope="col" class={`number ${name === 'p50' || name === 'Count' ? 'minor' : ''}`}>
            {name}
          </th>
        ))}
        <th scope="col">Durations</th>
      </tr>
    </thead>
  );
}

function RedRow({
  red,
  children,
  kind = '',
}: {
  readonly red: Red;
  readonly children: ComponentChildren;
  readonly kind?: string;
}) {
  return (
    <tr class={kind}>
      <td class="name">{children}</td>
      <td class="number">{digits(red.rate)}/s</td>
      <td class={`number ${red.errors > 0 ? 'bad-text' : ''}`}>{percent(red.errors)}</td>
      <td class="number minor">{duration(red.p50)}</td>
      <td class="number">{duration(red.p95)}</td>
      <td class="number">{duration(red.p99)}</td>
      <td class="number minor">{digits(red.count)}</td>
      <td>
        <Histogram bounds={HISTOGRAM_BOUNDS_MS} counts={red.buckets} format={duration} />
      </td>
    </tr>
  );
}

/** By generation, oldest first, and by worker. */
function Parts({ row }: { readonly row: RouteRow }) {
  return (
    <>
      {row.byGeneration.map(({ generation, red }) => (
        <RedRow key={`g${generation}`} red={red} kind="part">
          generation {generation}
        </RedRow>
      ))}
      {row.byWorker.map(({ slot, red }) => (
        <RedRow key={`w${slot}`} red={red} kind="part">
          {slotName(slot)}
        </RedRow>
      ))}
      <tr class="part">
        <td colSpan={8}>
          <a href={hrefOf({ view: 'traces', filter: `route:${row.route}` })}>Traces of this route</a>
        </td>
      </tr>
    </>
  );
}

function Regression({ row }: { readonly row: RouteRow }) {
  if (row.regression === undefined) return null;
  const { what, from, to } = row.regression;
  const format = what === 'slower' ? duration : percent;
  return (
    <span class="badge bad">
      {what === 'slower' ? 'slower' : 'more errors'} since the reload: {format(from)} → {format(to)}
    </span>
  );
}
