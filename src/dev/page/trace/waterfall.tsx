import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { duration } from '../parts/format.js';
import { paints } from '../parts/theme.js';
import { paint, ROW_PX } from './paint.js';
import type { Row } from './rows.js';
import { TreeRow } from './tree-row.js';

/** Lines rendered above and below what is in sight. */
const AROUND = 10;

export interface WaterfallProps {
  readonly rows: readonly Row[];
  readonly from: number;
  readonly to: number;
  readonly services: readonly string[];
  readonly selected: number;
  onSelect(index: number): void;
  onToggle(index: number, open?: boolean): void;
}

/** The tree of a trace as text, and its bars on a canvas beside it. Only the lines in sight are in the document. */
export function Waterfall(props: WaterfallProps) {
  const { rows, from, to, selected } = props;
  const { scroller, canvas, sight, look } = useSight(props);
  const first = Math.max(0, Math.floor(sight.top / ROW_PX) - AROUND);
  const last = Math.min(rows.length, Math.ceil((sight.top + sight.height) / ROW_PX) + AROUND);
  return (
    <div class="waterfall">
      <TimeAxis span={to - from} />
      <div class="scroller" ref={scroller} onScroll={look}>
        <div
          role="tree"
          aria-label="Spans"
          tabIndex={0}
          aria-activedescendant={selected >= first && selected < last ? `row-${selected}` : undefined}
          style={{ height: `${rows.length * ROW_PX}px` }}
          onKeyDown={(event) => onKey(event, props)}
        >
          {rows.slice(first, last).map((row, offset) => (
            <TreeRow
              key={row.key}
              row={row}
              index={first + offset}
              of={rows.length}
              selected={first + offset === selected}
              onSelect={props.onSelect}
              onToggle={props.onToggle}
            />
          ))}
        </div>
      </div>
      <canvas ref={canvas} />
    </div>
  );
}

/** What of the tree is in sight; its bars are painted when that changes. */
function useSight({ rows, from, to, services, selected }: WaterfallProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [sight, setSight] = useState({ top: 0, height: 600 });
  const look = () => {
    const { scrollTop: top = 0, clientHeight: height = 0 } = scroller.current ?? {};
    setSight((old) => (old.top === top && old.height === height ? old : { top, height }));
  };
  const paintNow = () => {
    const { current: on } = canvas;
    if (on !== null) paint(on, { rows, from, to, services, scrollTop: scroller.current?.scrollTop ?? 0 });
  };
  const colours = paints.value;
  useLayoutEffect(paintNow, [rows, from, to, sight, colours]);
  useEffect(() => {
    const observer = new ResizeObserver(() => {
      look();
      paintNow();
    });
    if (scroller.current) observer.observe(scroller.current);
    return () => observer.disconnect();
  }, [rows]);
  useLayoutEffect(() => keepInSight(scroller.current, selected), [selected]);
  return { scroller, canvas, sight, look };
}

function TimeAxis({ span }: { readonly span: number }) {
  return (
    <div class="axis" aria-hidden="true">
      {[0, 0.25, 0.5, 0.75, 1].map((share) => (
        <span key={share}>{duration(span * share)}</span>
      ))}
    </div>
  );
}

function keepInSight(scroller: HTMLElement | null, index: number): void {
  if (scroller === null) return;
  const top = index * ROW_PX;
  if (top < scroller.scrollTop) scroller.scrollTop = top;
  else if (top + ROW_PX > scroller.scrollTop + scroller.clientHeight) {
    scroller.scrollTop = top + ROW_PX - scroller.clientHeight;
  }
}

function onKey(event: KeyboardEvent, { rows, selected, onSelect, onToggle }: WaterfallProps): void {
  const page = 20;
  const to = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -rows.length, End: rows.length }[
    event.key
  ];
  if (to !== undefined) onSelect(Math.max(0, Math.min(rows.length - 1, selected + to)));
  else if (event.key === 'ArrowRight') onToggle(selected, true);
  else if (event.key === 'ArrowLeft') onToggle(selected, false);
  else if (event.key === 'Enter' || event.key === ' ') onToggle(selected);
  else return;
  event.preventDefault();
  event.stopPropagation();
}
