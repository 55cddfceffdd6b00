import type { SupervisorView as View } from '../data/contract.js';
import { hello, supervisor } from '../data/state.js';
import { WorkerBadge } from '../parts/badges.js';
import { Empty, Waiting } from '../parts/empty.js';
import { clock, count, digits, duration } from '../parts/format.js';
import { Wide } from '../parts/wide.js';
import { Account } from './account.js';

export function SupervisorView() {
  const view = supervisor.value;
  if (view === undefined) return hello.value?.listenOnly ? <NoSupervisor /> : <Waiting />;
  return (
    <section class="view" aria-labelledby="view-title">
      <div class="tools">
        <h1 id="view-title">Supervisor</h1>
        <span class="badge">{view.phase}</span>
      </div>
      <Workers workers={view.workers} />
      <Account account={view.account} />
      <Reloads reloads={view.reloads} />
      <Hangs hangs={view.hangs} />
      <Events events={view.events} />
    </section>
  );
}

function NoSupervisor() {
  return (
    <Empty title="No supervisor in this session">
      <p>
        With <code>--listen-only</code> nothing is supervised. <code>kf-cluster dev app.js -w 4</code> shows its
        workers, reloads and the account of spans here.
      </p>
    </Empty>
  );
}

function Workers({ workers }: Pick<View, 'workers'>) {
  return (
    <section class="block">
      <h2>Workers</h2>
      <Wide label="Workers">
        <table class="rows">
          <thead>
            <tr>
              {['Worker', 'Pid', 'Phase', 'Since', 'Restarts'].map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {workers.map(({ worker, phase, since, restarts }) => (
              <tr key={`${worker.slot} ${worker.pid}`}>
                <td>
                  <WorkerBadge worker={worker} />
                </td>
                <td>{worker.pid}</td>
                <td>
                  <span class={`phase-name ${phase}`}>{phase}</span>
                </td>
                <td class="time">{clock(since)}</td>
                <td class={restarts > 0 ? 'warn-text' : ''}>{digits(restarts)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Wide>
    </section>
  );
}

const OUTCOMES = { running: '', done: 'good', 'rolled-back': 'warn', failed: 'bad' } satisfies Record<
  View['reloads'][number]['outcome'],
  string
>;

function Reloads({ reloads }: Pick<View, 'reloads'>) {
  return (
    <section class="block">
      <h2>Reloads</h2>
      {reloads.length === 0 && (
        <p class="muted">
          None yet. <code>kf-cluster reload</code> replaces every worker; a canary goes first.
        </p>
      )}
      <ul class="events">
        {reloads.toReversed().map(({ at, took, outcome, canary, text }) => (
          <li key={at}>
            <span class="time">{clock(at)}</span> <span class={`badge ${OUTCOMES[outcome]}`}>{outcome}</span> {text}
            {took !== undefined && !text.includes(' after ') && <span class="muted"> after {duration(took)}</span>}
            {canary && <span class="muted"> canary: {canary}</span>}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Hangs({ hangs }: Pick<View, 'hangs'>) {
  if (hangs.length === 0) return null;
  return (
    <section class="block">
      <h2>Blocked event loops</h2>
      <ul class="cards">
        {hangs.toReversed().map(({ at, until, killed, worker, stack, waiting }) => (
          <li key={`${at} ${worker.pid}`}>
            <h3>
              <WorkerBadge worker={worker} /> <span class="muted">{clock(at)}</span>{' '}
              {until === undefined ? (
                <span class="badge bad">blocked</span>
              ) : (
                <span class="muted">for {duration(until - at)}</span>
              )}
            </h3>
            <pre>{stack}</pre>
            <p class="muted">{waitingText(waiting.length, until !== undefined, killed)}</p>
            <ul class="examples">
              {waiting.map((request, index) => (
                <li key={index}>
                  <code>{request}</code>
                </li>
              ))}
            </ul>
          </li>
        ))}
      </ul>
    </section>
  );
}

const LEVELS = { info: '', warn: 'warn', error: 'bad' } satisfies Record<View['events'][number]['level'], string>;
const SHOWN = 200;

function Events({ events }: Pick<View, 'events'>) {
  return (
    <section class="block">
      <h2>What the supervisor did, newest first</h2>
      <ul class="events">
        {events
          .slice(-SHOWN)
          .toReversed()
          .map(({ at, level, name, text, worker }, index) => (
            <li key={`${at} ${name} ${index}`}>
              <span class="time">{clock(at)}</span> <span class={`badge ${LEVELS[level]}`}>{name}</span>{' '}
              {worker && <WorkerBadge worker={worker} />} {text}
            </li>
          ))}
      </ul>
    </section>
  );
}

/** What is known of the requests that a blocked worker held up: by their spans, which come when they have ended. */
function waitingText(waiting: number, over: boolean, killed: boolean): string {
  if (waiting > 0) return `${count(waiting, 'request')} waited:`;
  if (killed) return 'It was ended, and its last spans with it: which requests waited is not known.';
  return over ? 'No request waited.' : 'The requests that wait are named when they have ended.';
}
