import type { Mark } from '../data/contract.js';
import { MARK_COLORS } from './chart-options.js';
import { clock } from './format.js';

const SHOWN = 6;

/** What the upright lines of the charts are, newest first. */
export function MarkList({ marks }: { readonly marks: readonly Mark[] }) {
  if (marks.length === 0) return null;
  return (
    <ul class="marks" aria-label="What happened">
      {marks
        .slice(-SHOWN)
        .toReversed()
        .map(({ at, kind, text }) => (
          <li key={`${at} ${text}`}>
            <i class="swatch" style={{ background: `var(${MARK_COLORS[kind]})` }} />
            <span class="muted">{clock(at)}</span> {text.startsWith(kind) ? text : `${kind}: ${text}`}
          </li>
        ))}
    </ul>
  );
}
