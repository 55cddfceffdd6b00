import test from 'ava';
import { NO_SPANS } from '../../src/contract/item-account.js';
import { renderLints, renderSummary } from '../../src/dev/summary.js';
import type { RunReport } from '../../src/run/run.js';
import { visible } from '../helpers/colors.js';

const report = (slot: number, ended: number): RunReport => ({
  type: 'flushed',
  ms: 1,
  slot,
  pid: 100 + slot,
  instanceId: `id-${slot}`,
  requests: 10,
  spans: { ...NO_SPANS, ended, exported: ended },
});
const received = (slot: number, count: number) => ({
  instanceId: `id-${slot}`,
  slot,
  pid: 100 + slot,
  received: count,
  duplicates: 0,
});

test('what was ended stands beside what arrived', (t) => {
  const counts = { received: 39, duplicates: 2, evicted: 0, workers: [received(0, 20), received(1, 19)] };
  t.is(
    renderSummary([report(1, 20), report(0, 20)], counts, false),
    `
                    requests  spans ended  received  lost
worker 0 (pid 100)        10           20        20     0
worker 1 (pid 101)        10           20        19     1
total                     20           40        39     1
2 spans came more than once
`,
  );
});

test('nothing lost is green, a loss is red', (t) => {
  const counts = { received: 20, duplicates: 0, evicted: 0, workers: [received(0, 20)] };
  t.regex(visible(renderSummary([report(0, 20)], counts, true)), /<green> {3}0<\/>/);
  t.regex(visible(renderSummary([report(0, 21)], counts, true)), /<red> {3}1<\/>/);
});

test('a worker that ended without a word is not called lossless', (t) => {
  const counts = { received: 5, duplicates: 0, evicted: 0, workers: [received(3, 5)] };
  const text = renderSummary([], counts, false);
  t.regex(text, /worker 3 \(pid 103\) +\? +\? +5 +\?/);
  t.regex(text, /1 worker ended without an account/);
});

test('a worker that no hook has asked for its id is known by its pid: its app has a provider of its own', (t) => {
  const counts = { received: 5, duplicates: 0, evicted: 0, workers: [received(0, 5)] };
  const { spans: _, instanceId: __, ...bare } = report(0, 0);
  t.regex(renderSummary([bare], counts, false), /worker 0 \(pid 100\) +10 +\? +5 +\?\ntotal +10 +0 +5 +\?/);
});

test('a worker without an account of spans has its requests counted', (t) => {
  const counts = { received: 0, duplicates: 0, evicted: 0, workers: [] };
  const { spans: _, ...bare } = report(0, 0);
  t.regex(renderSummary([bare], counts, false), /worker 0 \(pid 100\) +10 +\? +0 +\?\ntotal +10 +0 +0 +\?/);
});

test('lints have a line each, with the id and the fix, and no byte of a sender moves the cursor', (t) => {
  const lint = { id: 'root-client', why: 'w', fix: 'do this', examples: [] };
  t.is(renderLints([], false), '');
  t.is(
    renderLints(
      [
        { ...lint, severity: 'error', what: '3 spans: \u001b[2Ja' },
        { ...lint, severity: 'information', what: 'b' },
      ],
      false,
    ),
    '\nlint error root-client: 3 spans: \\x1b[2Ja; fix: do this\nlint information root-client: b; fix: do this\n',
  );
});
