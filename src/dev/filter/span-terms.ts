import type { SpanSegment } from '../store/span-segment.js';
import { containing, type Term } from './filter.js';

/** What is asked of single spans. */
export type OfSpan = Extract<Term, { kind: 'text' | 'field' | 'attribute' | 'number' | 'status' | 'level' }>;

/** Calls `found` with each row that fits; with one perhaps more than once. What a text fits is looked up once a segment. */
export function findSpans(segment: SpanSegment, term: OfSpan, found: (row: number) => void): void {
  switch (term.kind) {
    case 'text': {
      const fits = containing(term.text);
      const texts = segment.texts.matches(fits);
      if (texts !== undefined) {
        each(segment, (row) => texts[segment.name[row] ?? 0] === 1 || texts[segment.route[row] ?? 0] === 1, found);
        segment.attributes.search(texts, undefined, found);
      }
      for (const row of segment.searchRare(fits)) found(row);
      return;
    }
    case 'attribute': {
      const keys = segment.texts.matches((text) => text === term.key);
      const values = keys && segment.texts.matches((text) => text === term.value);
      if (values !== undefined) segment.attributes.search(values, keys, found);
      return;
    }
    case 'field':
      if (term.field === 'name' || term.field === 'route') {
        const texts = segment.texts.matches(containing(term.text));
        const column = segment[term.field];
        if (texts !== undefined) each(segment, (row) => texts[column[row] ?? 0] === 1, found);
        return;
      }
  }
  each(segment, (row) => spanFits(segment, row, term), found);
}

function each(segment: SpanSegment, fits: (row: number) => boolean, found: (row: number) => void): void {
  for (let row = 0; row < segment.size; row++) if (fits(row)) found(row);
}

export function spanFits(segment: SpanSegment, row: number, term: OfSpan): boolean {
  switch (term.kind) {
    case 'text': {
      const fits = containing(term.text);
      const { texts } = segment;
      if (fits(texts.text(segment.name[row] ?? 0)) || fits(texts.text(segment.route[row] ?? 0))) return true;
      return segment.attributes.read(row).some(([, value]) => fits(value)) || fits(JSON.stringify(segment.rare(row)));
    }
    case 'attribute':
      return segment.attributes.read(row).some(([key, value]) => key === term.key && value === term.value);
    case 'field':
      return containing(term.text)(fieldOf(segment, row, term.field));
    case 'number': {
      const { slot, generation } = segment.originOf(row).worker;
      return (term.field === 'worker' ? slot : generation) === term.value;
    }
    case 'status': {
      const status = segment.httpStatus[row] ?? 0;
      return status >= term.from && status <= term.to;
    }
    case 'level':
      return false; // spans have none
  }
}

function fieldOf(segment: SpanSegment, row: number, field: Extract<Term, { kind: 'field' }>['field']): string {
  switch (field) {
    case 'name':
      return segment.texts.text(segment.name[row] ?? 0);
    case 'route':
      return segment.texts.text(segment.route[row] ?? 0);
    case 'service':
      return segment.originOf(row).service;
    case 'trace':
      return segment.traceId(row);
  }
}
