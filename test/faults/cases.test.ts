import test from 'ava';
import { createDice } from '../chaos/dice.js';
import { casesOf, nameOf, type Recorded, sample } from './cases.js';

const RECORDED: readonly Recorded[] = [
  { party: 'worker', phase: 'log', calls: { write: 10, close: 1 } },
  { party: 'primary', phase: 'stop', calls: { write: 3, getpid: 4, newcall: 1 } },
];

test('each call that can fail fails with each of its errors, at the moments that its number of calls has', (t) => {
  const names = casesOf(RECORDED).map((one) => `${nameOf(one)} ${one.when}`);
  t.true(names.includes('primary stop write EPIPE first 1'));
  t.true(names.includes('primary stop write EPIPE later 2'));
  t.true(names.includes('worker log write ENOSPC later 5'));
  t.true(names.includes('worker log write ENOSPC every 1+'));
  t.deepEqual(
    names.filter((name) => name.includes('close')),
    ['worker log close EIO first 1'],
  );
  t.deepEqual(
    names.filter((name) => name.includes('newcall')),
    ['primary stop newcall ENOSYS first 1'],
  );
  t.false(names.some((name) => name.includes('getpid')));
});

test('the order of a recording does not matter', (t) => {
  t.deepEqual(casesOf(RECORDED.toReversed()), casesOf(RECORDED));
});

test('a seed repeats a sample, which takes a call once before it takes it again', (t) => {
  const cases = casesOf(RECORDED);
  const names = (seed: number) => sample(cases, 4, createDice(seed)).map(nameOf);
  t.deepEqual(names(7), names(7));
  const calls = sample(cases, 4, createDice(1)).map(({ party, call }) => `${party} ${call}`);
  t.is(new Set(calls).size, 4);
  t.is(sample(cases, 100, createDice(1)).length, 4);
});
