import { hrefOf } from '../data/address.js';
import type { Attribute, SpanNode } from '../data/contract.js';
import { WorkerBadge } from '../parts/badges.js';
import { Breakable } from '../parts/breakable.js';
import { clock, count, duration } from '../parts/format.js';
import type { Row } from './rows.js';

interface DetailsProps {
  readonly row: Row | undefined;
  readonly from: number;
  /** Whether the attributes of spans have come. */
  readonly whole: boolean;
}

/** All that is known of the selected line. */
export function Details({ row, from, whole }: DetailsProps) {
  if (row === undefined) return null;
  switch (row.kind) {
    case 'span':
      return <SpanDetails span={row.span} from={from} whole={whole} />;
    case 'missing':
      return (
        <>
          <h2>Missing parent</h2>
          <p>
            Span <code>{row.spanId}</code> is not held: {row.reason}
          </p>
        </>
      );
    case 'event':
      return (
        <>
          <h2>{row.event.name}</h2>
          <p class="muted">
            event at {clock(row.event.at)}, {duration(row.event.at - from)} after the start
          </p>
          <Attributes of={row.event.attributes} />
        </>
      );
    case 'log':
      return (
        <>
          <h2>Log</h2>
          <p class="muted">
            {row.log.severity} at {clock(row.log.at)} <WorkerBadge worker={row.log.worker} />
          </p>
          <pre>{row.log.body}</pre>
          <Attributes of={row.log.attributes} />
        </>
      );
  }
}

function SpanDetails({ span, from, whole }: { readonly span: SpanNode } & Omit<DetailsProps, 'row'>) {
  return (
    <>
      <h2>{span.name}</h2>
      <p class="muted">
        {span.kind} of {span.service} <WorkerBadge worker={span.worker} /> {duration(span.duration)}, begun{' '}
        {duration(span.start - from)} after the start ({clock(span.start)})
      </p>
      {span.status === 'error' && <p class="bad-text">error{span.statusMessage ? `: ${span.statusMessage}` : ''}</p>}
      {span.repeated && (
        <p class="warn-text">
          {count(span.repeated.count, 'span')} of this name follow each other: {duration(span.repeated.total)} in total.
        </p>
      )}
      {whole ? <Attributes of={span.attributes} /> : <p class="muted">The attributes are on their way …</p>}
      {span.events.map((event, at) => (
        <section key={`${event.name} ${at}`}>
          <h3>
            {event.name} <span class="muted">after {duration(event.at - from)}</span>
          </h3>
          <Attributes of={event.attributes} />
        </section>
      ))}
      {span.links.length > 0 && <h3>Links</h3>}
      {span.links.map((link) => (
        <p key={`${link.traceId} ${link.spanId}`}>
          <a href={hrefOf({ view: 'traces', id: link.traceId })}>
            <code>{link.traceId}</code>
          </a>
        </p>
      ))}
      <p class="muted">
        span <code>{span.spanId}</code>
      </p>
    </>
  );
}

export function Attributes({ of }: { readonly of: readonly Attribute[] }) {
  if (of.length === 0) return <p class="muted">no attributes</p>;
  return (
    <table class="attributes">
      <tbody>
        {of.map(([key, value, type]) => (
          <tr key={key}>
            <th scope="row">
              <Breakable text={key} />
            </th>
            <td class={type === 'string' ? '' : 'literal'}>{value.includes('\n') ? <pre>{value}</pre> : value}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
