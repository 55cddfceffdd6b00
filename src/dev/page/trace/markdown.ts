import type { Attribute, SpanNode, TraceDetail } from '../data/contract.js';
import { duration, workerName } from '../parts/format.js';
import { type Row, rowsOf } from './rows.js';

/** A trace as Markdown, for an issue or a chat: repeated spans folded, errors and logs in place. */
export function markdownOf(trace: TraceDetail): string {
  const [root] = trace.spans;
  const rows = rowsOf(trace, { closed: new Set(), unfolded: new Set(), inline: true });
  const lines = rows.map((row) => `${'  '.repeat(row.depth)}- ${lineOf(row)}`);
  const head = root === undefined ? '' : `${duration(root.duration)}, ${workerName(root.worker)}, `;
  return [`### Trace \`${trace.traceId}\``, '', `${head}${trace.spans.length} spans`, '', ...lines, ''].join('\n');
}

function lineOf(row: Row): string {
  switch (row.kind) {
    case 'span':
      return spanLine(row.span, row.stands?.length);
    case 'missing':
      return `(span ${row.spanId} is missing: ${inline(row.reason)})`;
    case 'event':
      return `event \`${code(row.event.name)}\`${row.event.attributes.map(pair).join('')}`;
    case 'log':
      return `log ${inline(row.log.severity)} \`${code(row.log.body)}\``;
  }
}

function spanLine(span: SpanNode, stands: number | undefined): string {
  const times = stands === undefined ? '' : ` × ${stands}, ${duration(span.repeated?.total ?? 0)} in total`;
  const error = span.status === 'error' ? ` **error** ${inline(span.statusMessage ?? '')}` : '';
  return `\`${code(span.name)}\` ${span.kind} ${duration(span.duration)}${times}${error}`;
}

const pair = ([key, value]: Attribute) => ` ${inline(key)}=\`${code(value)}\``;
const inline = (text: string) => text.replaceAll(/\s+/g, ' ').replaceAll(/[\\`*_[\]<>|]/g, '\\$&');
const code = (text: string) => text.replaceAll(/\s+/g, ' ').replaceAll('`', "'");
