import { useSignal } from '@preact/signals';
import { address, hrefOf } from '../data/address.js';
import { source } from '../data/connection.js';
import type { TraceRow } from '../data/contract.js';
import { hello, refusal, traces } from '../data/state.js';
import { StatusBadge, WorkerBadge } from '../parts/badges.js';
import { Empty, Waiting } from '../parts/empty.js';
import { FilterBox } from '../parts/filter-box.js';
import { clock, count, digits, duration, titleOf } from '../parts/format.js';
import { useOlder } from '../parts/older.js';
import { PauseButton, usePaused } from '../parts/pause.js';

/** Rows in the document; more are a click away. */
const SHOWN = 200;

export function TracesView() {
  const { filter } = address.value;
  const pause = usePaused(traces);
  const probes = useSignal(false);
  const shown = useSignal(SHOWN);
  const older = useOlder(filter, (before) => source.traces(filter, before));
  const held = pause.rows.value;
  const all = [...older.rows.value, ...(held ?? [])];
  const folded = probes.value ? [] : all.filter((row) => row.probe);
  const rows = newestFirst(probes.value ? all : all.filter((row) => !row.probe));
  return (
    <section class="view" aria-labelledby="view-title">
      <div class="tools">
        <h1 id="view-title">Traces</h1>
        <FilterBox hint="route:/x dur>50ms worker:2 gen:3 error" />
        <PauseButton pause={pause} />
        <label>
          <input type="checkbox" checked={probes.value} onChange={() => (probes.value = !probes.value)} /> Health probes
          {folded.length > 0 && ` (${digits(folded.length)} folded away)`}
        </label>
      </div>
      {content()}
    </section>
  );

  function content() {
    if (refusal.value !== undefined) return null;
    if (held === undefined) return <Waiting />;
    return rows.length === 0 ? <NoTraces filter={filter} /> : table();
  }

  function table() {
    const slowest = Math.max(...rows.slice(0, shown.value).map((row) => row.duration));
    const oldest = all[0];
    return (
      <>
        <TraceTable rows={rows.slice(0, shown.value)} slowest={slowest} />
        <p class="more">
          {rows.length > shown.value ? (
            <button type="button" onClick={() => (shown.value += SHOWN)}>
              Show {count(Math.min(SHOWN, rows.length - shown.value), 'more row')}
            </button>
          ) : (
            source.live &&
            older.more.value && (
              <button type="button" onClick={() => void older.load(oldest?.cursor).then(() => (shown.value += SHOWN))}>
                Older traces
              </button>
            )
          )}
        </p>
      </>
    );
  }
}

function TraceTable({ rows, slowest }: { readonly rows: readonly TraceRow[]; readonly slowest: number }) {
  return (
    <table class="rows traces">
      <thead>
        <tr>
          <th scope="col">Time</th>
          <th scope="col">Name</th>
          <th scope="col">Status</th>
          <th scope="col">Worker</th>
          <th scope="col" class="number">
            Spans
          </th>
          <th scope="col" class="number">
            Duration
          </th>
          <th scope="col" class="wide">
            <span class="hidden">Share of the slowest</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.traceId} class={row.errors > 0 ? 'failed' : ''}>
            <td class="time">{clock(row.start)}</td>
            <td class="name">
              <a data-row="" href={hrefOf({ view: 'traces', id: row.traceId, filter: address.value.filter })}>
                {titleOf(row.name, row.route)}
              </a>
              {row.service !== hello.value?.app && <span class="badge">{row.service}</span>}
            </td>
            <td>
              <StatusBadge status={row.status} errors={row.errors} />
            </td>
            <td>
              <WorkerBadge worker={row.worker} />
            </td>
            <td class="number">
              {digits(row.spans)}
              {row.errors > 0 && <span class="bad-text"> {count(row.errors, 'error')}</span>}
            </td>
            <td class="number">{duration(row.duration)}</td>
            <td class="wide">
              <span class="meter" style={{ width: `${Math.max(1, (row.duration / slowest) * 100)}%` }} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const newestFirst = (rows: readonly TraceRow[]) => rows.toSorted((a, b) => b.start - a.start);

function NoTraces({ filter }: { readonly filter: string }) {
  if (filter !== '') {
    return (
      <Empty title="No trace matches">
        <p>
          Held traces were searched for <code>{filter}</code>. Take a part of the filter away, or wait: matching ones
          appear here.
        </p>
      </Empty>
    );
  }
  return (
    <Empty title="No traces yet">
      {hello.value?.listenOnly ? (
        <p>Send OTLP to the address that the terminal prints, over gRPC or HTTP.</p>
      ) : (
        <p>
          Send the app a request, for example with <code>curl</code>. Its trace appears here within a second. Still
          nothing? Open Lints, or run <code>kf-cluster doctor app.js</code>.
        </p>
      )}
    </Empty>
  );
}
