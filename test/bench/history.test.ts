import test from 'ava';
import { historyLine } from '../../bench/lib/history.js';

test('a run of a benchmark is one line: when, of which commit, on what, and the medians alone', (t) => {
  const figure = { contender: 'kf-cluster', name: 'first 200', unit: 'ms', median: 120, values: [110, 120, 130] };
  const line = historyLine('boot: start', [figure], 'abc1234', new Date(0));
  t.regex(line, /^[^\n]+\n$/);
  const { cores, ...run } = JSON.parse(line);
  t.true(cores > 0);
  t.deepEqual(run, {
    date: '1970-01-01T00:00:00.000Z',
    commit: 'abc1234',
    node: process.version,
    title: 'boot: start',
    figures: [{ contender: 'kf-cluster', name: 'first 200', unit: 'ms', median: 120 }],
  });
});
