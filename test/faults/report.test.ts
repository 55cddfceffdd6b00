import test from 'ava';
import type { Case, Moment } from './cases.js';
import { faultsMarkdown, holdingIn, type Result } from './report.js';
import type { Verdict } from './verdict.js';

const one = (errno: string, moment: Moment, more: Partial<Case> = {}): Case => ({
  ...{ party: 'primary', phase: 'log', call: 'write', errno, moment, when: '1' },
  ...more,
});
const lives: Verdict = { kind: 'lives' };
const RESULTS: readonly Result[] = [
  { one: one('EIO', 'first'), verdict: lives },
  { one: one('EPIPE', 'first'), verdict: lives },
  { one: one('EPIPE', 'every', { party: 'worker' }), verdict: { kind: 'fails', why: '1 requests failed: a|b' } },
  { one: one('ENOSPC', 'every'), verdict: { kind: 'ends', code: 'LOG_FILE' } },
];

test('errors that come to the same share a row, and what fails is told with its reason', (t) => {
  const text = faultsMarkdown(RESULTS, 4);
  t.true(text.includes('4 cases: 2 lives, 0 replaced, 1 ends, 0 aborts, 1 fails, 0 not reached.'));
  t.true(text.includes('| write | EIO, EPIPE | lives | - | - |'));
  t.true(text.includes('| write | ENOSPC | - | - | ends LOG_FILE |'));
  t.true(text.includes('- write EPIPE every: 1 requests failed: a\\|b'));
});

test('the order of the results does not matter', (t) => {
  t.is(faultsMarkdown(RESULTS.toReversed(), 4), faultsMarkdown(RESULTS, 4));
});

test('what holds can be read back', (t) => {
  t.deepEqual(holdingIn(faultsMarkdown(RESULTS, 4)), [
    ...['primary log write EIO first', 'primary log write EPIPE first', 'primary log write ENOSPC every'],
  ]);
});

test('a run that was ended early says so', (t) => {
  t.true(faultsMarkdown(RESULTS, 9).includes('4 of 9 cases'));
});
