// The names of the contract as the page uses them.
export type * from '../../page-api.js';
export { HISTOGRAM_BOUNDS_MS } from '../../page-api.js';
export { spansOf, type TraceAttributes, type TraceFrame } from '../../trace-columns.js';
