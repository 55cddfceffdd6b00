import test from 'ava';
import { markdownOf } from '../../../src/dev/page/trace/markdown.js';
import { type Choices, extentOf, type Row, rowsOf, toggled } from '../../../src/dev/page/trace/rows.js';
import type { TraceDetail } from '../../../src/dev/page-api.js';
import { sampleTrace } from './sample-session.js';

const CHOICES: Choices = { closed: new Set(), unfolded: new Set(), inline: true };
const trace = sampleTrace(3, 12);
const kinds = (rows: readonly Row[]) => rows.map(({ kind }) => kind);
function at(rows: readonly Row[], index: number): Row {
  const row = rows[index];
  if (row === undefined) throw new Error(`there is no row ${index}`);
  return row;
}

test('spans that repeat are one line, with events and logs under their span and missing parents named', (t) => {
  const rows = rowsOf(trace, CHOICES);
  t.deepEqual(kinds(rows), ['span', 'log', 'event', 'span', 'missing', 'span']);
  const folded = at(rows, 3);
  t.is(folded.kind === 'span' && folded.stands?.length, 12);
});

test('a folded line opens into its spans, and closes again', (t) => {
  const open = toggled(at(rowsOf(trace, CHOICES), 3), CHOICES, true);
  const rows = rowsOf(trace, open);
  t.is(rows.length, 6 + 11);
  t.deepEqual(kinds(rowsOf(trace, toggled(at(rows, 3), open, false))), kinds(rowsOf(trace, CHOICES)));
});

test('a closed span hides all that is below it', (t) => {
  const closed = toggled(at(rowsOf(trace, CHOICES), 0), CHOICES, false);
  t.deepEqual(kinds(rowsOf(trace, closed)), ['span', 'missing', 'span']);
});

test('without events and logs only spans are left, and what cannot open has no state', (t) => {
  const rows = rowsOf(trace, { ...CHOICES, inline: false });
  t.deepEqual(kinds(rows), ['span', 'span', 'missing', 'span']);
  const last = at(rows, 3);
  t.is(last.kind === 'span' && last.open, undefined);
});

test('a log of no held span stands at the end', (t) => {
  const [log] = trace.logs;
  if (log === undefined) throw new Error('the sample has a log');
  const other: TraceDetail = { ...trace, logs: [{ ...log, spanId: 'not held' }] };
  t.is(kinds(rowsOf(other, CHOICES)).at(-1), 'log');
});

test('a trace with more log records than a call has arguments is shown, below their span and at the end', (t) => {
  const [log] = trace.logs;
  if (log === undefined) throw new Error('the sample has a log');
  const logs = Array.from({ length: 130_000 }, (_, index) => ({ ...log, cursor: `${index}` }));
  const without = rowsOf({ ...trace, logs: [] }, CHOICES).length;
  t.is(rowsOf({ ...trace, logs }, CHOICES).length, without + logs.length);
  const lost = rowsOf({ ...trace, logs: logs.map((one) => ({ ...one, spanId: 'not held' })) }, CHOICES);
  t.is(lost.length, without + logs.length);
  t.like(lost.at(-1), { kind: 'log', key: 'log 129999', depth: 0 });
});

test('the extent reaches from the first start to the last end, and is never empty', (t) => {
  const { from, to } = extentOf(trace);
  const [root] = trace.spans;
  t.deepEqual({ from, to }, { from: root?.start ?? 0, to: (root?.start ?? 0) + (root?.duration ?? 0) });
  const none = extentOf({ ...trace, spans: [] });
  t.true(none.to > none.from);
});

test('as Markdown no text of a sender becomes markup', (t) => {
  const text = markdownOf(trace);
  t.true(text.includes('- `SELECT items` client 800 µs × 12, 9.6 ms in total'));
  t.true(text.includes(`### Trace \`${trace.traceId}\``));
  t.false(/^[^`]*<script/m.test(text), 'only in code');
});
