import { createLints, type LintSpan } from '../../src/diagnose/lints/index.js';

let last = 0;
/** A span that is well; each has a trace of its own unless it says another. */
export function span(own: Partial<LintSpan> = {}): LintSpan {
  last += 1;
  const id = last.toString(16);
  return {
    traceId: id.padStart(32, '0'),
    spanId: id.padStart(16, '0'),
    parentId: undefined,
    service: 'shop',
    name: 'GET /carts/:id',
    kind: 'server',
    startMs: 10_000,
    endMs: 10_010,
    ended: true,
    status: 'unset',
    attributes: { 'http.request.method': 'GET', 'http.route': '/carts/:id', 'http.response.status_code': 200 },
    events: [],
    ...own,
  };
}

/** What the lints find in these. */
export function lint(spans: readonly LintSpan[], nowMs?: number) {
  const lints = createLints();
  for (const one of spans) lints.add(one);
  return lints.findings(nowMs);
}
