import type { LogSegment } from '../store/log-segment.js';
import { containing, type Term } from './filter.js';

const ERROR = 17;

/** The rows of a segment that fit, as a test. */
export function logTest(segment: LogSegment, terms: readonly Term[]): (row: number) => boolean {
  const tests = terms.map((term) => ({ not: term.not, test: testOf(segment, term) }));
  return (row) => tests.every(({ not, test }) => test(row) !== not);
}

function testOf(segment: LogSegment, term: Term): (row: number) => boolean {
  switch (term.kind) {
    case 'text':
      return textTest(segment, containing(term.text));
    case 'attribute':
      return rowsIn((found) => {
        const keys = segment.texts.matches((text) => text === term.key);
        const values = keys && segment.texts.matches((text) => text === term.value);
        if (values !== undefined) segment.attributes.search(values, keys, found);
      });
    case 'number':
      return (row) => {
        const { slot, generation } = segment.originOf(row).worker;
        return (term.field === 'worker' ? slot : generation) === term.value;
      };
    case 'level':
      return (row) => (segment.severity[row] ?? 0) >= term.least;
    case 'error':
      return (row) => (segment.severity[row] ?? 0) >= ERROR;
    case 'field': {
      const fits = containing(term.text);
      if (term.field === 'service') return (row) => fits(segment.originOf(row).service);
      if (term.field === 'trace') return (row) => fits(segment.traceId(row) ?? '');
      return () => false; // a log record has neither a route nor a name
    }
    case 'duration':
    case 'status':
    case 'probe':
      return () => false;
  }
}

function textTest(segment: LogSegment, fits: (text: string) => boolean): (row: number) => boolean {
  const texts = segment.texts.matches(fits);
  if (texts === undefined) return () => false;
  const inAttributes = rowsIn((found) => segment.attributes.search(texts, undefined, found));
  return (row) => texts[segment.body[row] ?? 0] === 1 || inAttributes(row);
}

function rowsIn(search: (found: (row: number) => void) => void): (row: number) => boolean {
  const rows = new Set<number>();
  search((row) => rows.add(row));
  return (row) => rows.has(row);
}
