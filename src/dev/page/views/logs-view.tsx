import { useSignal } from '@preact/signals';
import { address, hrefOf } from '../data/address.js';
import { source } from '../data/connection.js';
import type { LogRow } from '../data/contract.js';
import { logs, refusal } from '../data/state.js';
import { WorkerBadge } from '../parts/badges.js';
import { Empty, Waiting } from '../parts/empty.js';
import { FilterBox } from '../parts/filter-box.js';
import { clock } from '../parts/format.js';
import { useOlder } from '../parts/older.js';
import { PauseButton, usePaused } from '../parts/pause.js';
import { Attributes } from '../trace/details.js';

const SHOWN = 300;

export function LogsView() {
  const { filter } = address.value;
  const pause = usePaused(logs);
  const shown = useSignal(SHOWN);
  const older = useOlder(filter, (before) => source.logs(filter, before));
  const held = pause.rows.value;
  const all = [...older.rows.value, ...(held ?? [])];
  const rows = all.toSorted((a, b) => b.at - a.at).slice(0, shown.value);
  const showMore = async () => {
    if (all.length <= shown.value) await older.load(all[0]?.cursor);
    shown.value += SHOWN;
  };
  return (
    <section class="view" aria-labelledby="view-title">
      <div class="tools">
        <h1 id="view-title">Logs</h1>
        <FilterBox hint="severity:error worker:2 text" />
        <PauseButton pause={pause} />
      </div>
      {content()}
      {(all.length > shown.value || (source.live && rows.length > 0 && older.more.value)) && (
        <p class="more">
          <button type="button" onClick={() => void showMore()}>
            Older logs
          </button>
        </p>
      )}
    </section>
  );

  function content() {
    if (refusal.value !== undefined) return null;
    if (held === undefined) return <Waiting />;
    return rows.length === 0 ? <NoLogs filter={filter} /> : <LogTable rows={rows} />;
  }
}

function LogTable({ rows }: { readonly rows: readonly LogRow[] }) {
  return (
    <table class="rows logs">
      <thead>
        <tr>
          <th scope="col">Time</th>
          <th scope="col">Severity</th>
          <th scope="col">Worker</th>
          <th scope="col">Message</th>
          <th scope="col">Trace</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.cursor}>
            <td class="time">{clock(row.at)}</td>
            <td>
              <span class={`badge ${row.severityNumber >= 17 ? 'bad' : row.severityNumber >= 13 ? 'warn' : ''}`}>
                {row.severity}
              </span>
            </td>
            <td>
              <WorkerBadge worker={row.worker} />
            </td>
            <td class="name">
              {row.attributes.length === 0 ? (
                row.body
              ) : (
                <details>
                  <summary data-row="">{row.body}</summary>
                  <Attributes of={row.attributes} />
                </details>
              )}
            </td>
            <td>
              {row.traceId && (
                <a data-row="" href={hrefOf({ view: 'traces', id: row.traceId })}>
                  {row.traceId.slice(0, 8)}
                </a>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function NoLogs({ filter }: { readonly filter: string }) {
  return filter === '' ? (
    <Empty title="No logs yet">
      <p>
        Logs of pino, winston, console and the OpenTelemetry logs API appear here. <code>kf-cluster dev</code> captures
        them; what the app writes elsewhere stays in the terminal.
      </p>
    </Empty>
  ) : (
    <Empty title="No log matches">
      <p>
        Held logs were searched for <code>{filter}</code>. Take a part of the filter away, or wait.
      </p>
    </Empty>
  );
}
