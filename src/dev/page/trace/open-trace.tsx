import { useMemo, useState } from 'preact/hooks';
import type { SpanNode, TraceDetail } from '../data/contract.js';
import { clock, count, duration, titleOf } from '../parts/format.js';
import { copy } from '../parts/notice.js';
import { useKeys } from '../parts/use-keys.js';
import { Details } from './details.js';
import { markdownOf } from './markdown.js';
import { type Choices, extentOf, rowsOf, toggled } from './rows.js';
import { Waterfall } from './waterfall.js';

/** Above so many spans, events and logs have no lines of their own at first. */
const MANY_SPANS = 500;

export interface OpenTraceProps {
  readonly trace: TraceDetail;
  /** Whether its attributes have come; what else there is stays as it is then. */
  readonly whole: boolean;
  back(): void;
}

export function OpenTrace({ trace, whole, back }: OpenTraceProps) {
  const { choices, setChoices, rows, at, setSelected, toggle } = useRows(trace, whole);
  const extent = useMemo(() => extentOf(trace), [trace.spans]);
  const services = useMemo(() => [...new Set(trace.spans.map(({ service }) => service))], [trace.spans]);
  const [root] = trace.spans;
  return (
    <section class="view trace" aria-labelledby="view-title">
      <div class="tools">
        <button type="button" onClick={back} aria-label="Back to the traces">
          ←
        </button>
        <h1 id="view-title">{root === undefined ? trace.traceId : titleOf(root.name, pathOf(root))}</h1>
        <span class="muted">
          {duration(extent.to - extent.from)}, {count(trace.spans.length, 'span')}
          {root && `, ${clock(root.start)}`}
        </span>
        <span class="grow" />
        <label>
          <input
            type="checkbox"
            checked={choices.inline}
            onChange={() => setChoices({ ...choices, inline: !choices.inline })}
          />{' '}
          Events and logs
        </label>
        {COPIES.map(({ key, what, of }) => (
          <button
            type="button"
            key={key}
            disabled={!whole}
            onClick={() => void copy(of(trace), what)}
            aria-keyshortcuts={key}
          >
            Copy {what}
          </button>
        ))}
      </div>
      <div class="split">
        <Waterfall
          rows={rows}
          from={extent.from}
          to={extent.to}
          services={services}
          selected={at}
          onSelect={setSelected}
          onToggle={toggle}
        />
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
        <aside class="details" aria-label="The selected line" tabIndex={0}>
          <Details row={rows[at]} from={extent.from} whole={whole} />
        </aside>
      </div>
    </section>
  );
}

const pathOf = ({ attributes }: SpanNode) => attributes.find(([key]) => key === 'url.path')?.[1];

/** The lines, which of them is selected, and the keys for both. */
function useRows(trace: TraceDetail, whole: boolean) {
  const [choices, setChoices] = useState<Choices>(() => ({
    closed: new Set(),
    unfolded: new Set(),
    inline: trace.spans.length <= MANY_SPANS,
  }));
  // A parent that is missing stands above the first span, and is not what is looked for.
  const [selected, setSelected] = useState(
    trace.missing.some(({ spanId }) => spanId === trace.spans[0]?.parentId) ? 1 : 0,
  );
  const rows = useMemo(() => rowsOf(trace, choices), [trace.spans, choices]);
  const at = Math.min(selected, rows.length - 1);
  const toggle = (index: number, open?: boolean) => {
    const row = rows[index];
    if (row?.kind === 'span') setChoices(toggled(row, choices, open ?? !row.open));
  };
  const move = (by: number) => setSelected(Math.max(0, Math.min(rows.length - 1, at + by)));
  useKeys([
    { keys: ['j'], what: 'next line', run: () => move(1) },
    { keys: ['k'], what: 'line before', run: () => move(-1) },
    { keys: ['l', 'ArrowRight'], what: 'open the line', run: () => toggle(at, true) },
    { keys: ['h', 'ArrowLeft'], what: 'close the line', run: () => toggle(at, false) },
    ...COPIES.map(({ key, what, of }) => ({
      keys: [key],
      what: `copy ${what}`,
      run: () => whole && void copy(of(trace), what),
    })),
  ]);
  return { choices, setChoices, rows, at, setSelected, toggle };
}

const COPIES: readonly { readonly key: string; readonly what: string; of(trace: TraceDetail): string }[] = [
  { key: 'i', what: 'id', of: ({ traceId }) => traceId },
  { key: 'o', what: 'JSON', of: (trace) => JSON.stringify(trace, undefined, 2) },
  { key: 'm', what: 'Markdown', of: markdownOf },
];
