import test from 'ava';
import { mergeExpositions } from '../../src/control/exposition.js';

const one = (slot: number, text: string) => ({ labels: { slot }, text });

test('samples of one family are gathered below one head, each with its labels', (t) => {
  const a =
    '# HELP x What.\n# TYPE x counter\nx{k="a}b, c=\\"d\\""} 1\n# TYPE h histogram\nh_count 2\nh_bucket{le="+Inf"} 2\n';
  const b = '# HELP x Else.\n# TYPE x counter\nx 5 1700000000\n';
  t.is(
    mergeExpositions([one(0, a), one(1, b)]),
    [
      '# HELP x What.',
      '# TYPE x counter',
      'x{k="a}b, c=\\"d\\"",slot="0"} 1',
      'x{slot="1"} 5 1700000000',
      '# TYPE h histogram',
      'h_count{slot="0"} 2',
      'h_bucket{le="+Inf",slot="0"} 2',
      '',
    ].join('\n'),
  );
});

test('what is no sample is left out, and so is a name of our own', (t) => {
  const text =
    '# no registered metrics\n<html>\n{} 1\nkf_cluster_workers 9\ny{} NaN\nz{a="1",} -Inf\n# TYPE empty gauge\n';
  t.is(mergeExpositions([one(0, text)]), 'y{slot="0"} NaN\nz{a="1",slot="0"} -Inf\n');
});

test('nothing of nobody is nothing', (t) => {
  t.is(mergeExpositions([]), '');
  t.is(mergeExpositions([one(0, '')]), '');
});
