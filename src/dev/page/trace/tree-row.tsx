import type { Attribute } from '../data/contract.js';
import { WorkerBadge } from '../parts/badges.js';
import { digits, duration } from '../parts/format.js';
import { ROW_PX } from './paint.js';
import type { Row } from './rows.js';

export interface TreeRowProps {
  readonly row: Row;
  readonly index: number;
  readonly of: number;
  readonly selected: boolean;
  onSelect(index: number): void;
  onToggle(index: number): void;
}

export function TreeRow({ row, index, of, selected, onSelect, onToggle }: TreeRowProps) {
  const open = row.kind === 'span' ? row.open : undefined;
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: the tree has the focus, and names its active line
    // biome-ignore lint/a11y/useKeyWithClickEvents: keys are the tree's
    <div
      role="treeitem"
      id={`row-${index}`}
      class={`tree-row ${row.kind}${row.kind === 'span' && row.span.status === 'error' ? ' failed' : ''}`}
      style={{ top: `${index * ROW_PX}px` }}
      aria-level={row.depth + 1}
      aria-posinset={index + 1}
      aria-setsize={of}
      aria-selected={selected}
      aria-expanded={open}
      onClick={() => onSelect(index)}
      onDblClick={() => onToggle(index)}
    >
      <span class="label" style={{ paddingLeft: `${Math.min(row.depth, 24) * 12 + 4}px` }}>
        <Twist open={open} onClick={() => onToggle(index)} />
        <Label row={row} />
      </span>
    </div>
  );
}

function Twist({ open, onClick }: { readonly open: boolean | undefined; onClick(): void }) {
  if (open === undefined) return <span class="twist" />;
  return (
    <span
      class="twist"
      aria-hidden="true"
      onClick={(event) => {
        event.stopPropagation();
        onClick();
      }}
    >
      {open ? '▾' : '▸'}
    </span>
  );
}

function Label({ row }: { readonly row: Row }) {
  switch (row.kind) {
    case 'span':
      return (
        <>
          <span class="text">{row.span.name}</span>
          {row.stands && (
            <span class={`badge ${row.stands.length >= N_PLUS_ONE ? 'warn' : ''}`}>
              {row.stands.length >= N_PLUS_ONE ? 'N+1: ' : ''}× {digits(row.stands.length)}
            </span>
          )}
          <WorkerBadge worker={row.span.worker} />
          <span class="number">{duration(row.stands ? (row.span.repeated?.total ?? 0) : row.span.duration)}</span>
        </>
      );
    case 'missing':
      return <span class="text warn-text">parent is missing: {row.reason}</span>;
    case 'event':
      return (
        <span class="text muted">
          ◆ {row.event.name} {messageOf(row.event.attributes)}
        </span>
      );
    case 'log':
      return (
        <span class="text muted">
          {row.log.severity} {row.log.body}
        </span>
      );
  }
}

/** What an exception says stands in its line already. */
function messageOf(attributes: readonly Attribute[]): string {
  return attributes.find(([key]) => key === 'exception.message')?.[1] ?? '';
}

/** So many alike, one after the other, are likely a query in a loop. */
export const N_PLUS_ONE = 5;
