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

test('labels of an app that are no names, that are one in this format, or that are ours, keep the scrape whole', (t) => {
  const text = [
    'a{slot="mine",generation="x"} 1',
    'b{a_b="1",a_b="2",0num="3"} 1',
    'h_bucket{le="user",le="0.5"} 1',
    'h_count{le="user"} 1',
    's{quantile="0.5"} 1',
    's_count{quantile="user"} 1',
    'c{bad name="1"} 1',
    'd{open="1} 1',
    'e{a="\\"}"} 1',
    'f{a="1"} 1',
    'f{a="1"} 2',
    'g 1e+21',
    'i what',
  ].join('\n');
  t.is(
    mergeExpositions([{ labels: { slot: 0, generation: 2 }, text }]),
    [
      'a{exported_slot="mine",exported_generation="x",slot="0",generation="2"} 1',
      'b{a_b="1;2",_0num="3",slot="0",generation="2"} 1',
      'h_bucket{exported_le="user",le="0.5",slot="0",generation="2"} 1',
      'h_count{exported_le="user",slot="0",generation="2"} 1',
      's{quantile="0.5",slot="0",generation="2"} 1',
      's_count{exported_quantile="user",slot="0",generation="2"} 1',
      'e{a="\\"}",slot="0",generation="2"} 1',
      'f{a="1",slot="0",generation="2"} 1',
      'g{slot="0",generation="2"} 1e+21',
      '',
    ].join('\n'),
  );
});

test('nothing of nobody is nothing', (t) => {
  t.is(mergeExpositions([]), '');
  t.is(mergeExpositions([one(0, '')]), '');
});

test('a value or a type that is none of the format is left out, for Prometheus would refuse the whole scrape', (t) => {
  const text = [
    '# TYPE a gauge',
    ...['a{k="1"} 1.2.3', 'a{k="2"} .', 'a{k="3"} 1e', 'a{k="4"} 0x1', 'a{k="5"} one', 'a{k="6"}'],
    ...['a{k="7"} .5', 'a{k="8"} 1.', 'a{k="9"} -1.5e+06', 'a{k="10"} +Inf 1700000000000'],
    '# TYPE b stateset',
    'b 1',
    '# TYPE c',
    'c 1',
  ].join('\n');
  t.is(
    mergeExpositions([one(0, text)]),
    [
      '# TYPE a gauge',
      ...['a{k="7",slot="0"} .5', 'a{k="8",slot="0"} 1.', 'a{k="9",slot="0"} -1.5e+06'],
      'a{k="10",slot="0"} +Inf 1700000000000',
      'b{slot="0"} 1',
      'c{slot="0"} 1',
      '',
    ].join('\n'),
  );
});

test('a type that one worker gives wrong is taken from the next', (t) => {
  t.is(
    mergeExpositions([one(0, '# TYPE a info\na 1\n'), one(1, '# TYPE a counter\na 2\n')]),
    '# TYPE a counter\na{slot="0"} 1\na{slot="1"} 2\n',
  );
});
