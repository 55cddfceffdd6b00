import test from 'ava';
import fc from 'fast-check';
import type { Standing } from '../../src/contract/connection-table.js';
import {
  afterClose,
  afterPoll,
  cannotBeAhead,
  closingSoon,
  isAhead,
  isChurning,
  NO_CLOSES,
  newPatience,
  whileOthersAccept,
} from '../../src/core/evenness.js';

const at = (open: number, holding = 0): Standing => ({ open, accepted: open, holding });

for (const [why, open, closing, peers, ahead] of [
  ['alone', 100, 0, [], false],
  ['two more than the mean', 4, 0, [at(0)], false],
  ['three more than nobody', 3, 0, [at(0), at(0)], false],
  ['more than two above the mean', 5, 0, [at(0)], true],
  ['an eighth above the mean', 90, 0, [at(70)], false],
  ['more than an eighth above it', 91, 0, [at(70)], true],
  ['as many close soon', 40, 20, [at(0)], false],
  ['fewer close soon', 41, 20, [at(0)], true],
  ['who is behind holds back for long', 9, 0, [at(0, 50)], false],
  ['who is behind is soon back', 9, 0, [at(0, 4)], true],
  ['one of those behind takes part', 9, 0, [at(0, 50), at(1)], true],
  ['only another one ahead takes part', 9, 0, [at(0, 50), at(9)], false],
  ['only one at the mean takes part', 8, 0, [at(0, 50), at(4)], false],
] as const) {
  test(`${ahead ? 'ahead' : 'not ahead'}: ${why}`, (t) => t.is(isAhead(open, closing, peers), ahead));
}

const standing = fc.record({ open: fc.nat(500), accepted: fc.nat(500), holding: fc.constantFrom(0, 1, 4, 8, 50) });

test('who has the fewest is never ahead, and who cannot be ahead is not', (t) => {
  const property = fc.property(fc.nat(500), fc.nat(20), fc.array(standing), (open, closing, peers) => {
    if (peers.every((peer) => peer.open >= open)) t.false(isAhead(open, closing, peers));
    if (cannotBeAhead(open, closing)) t.false(isAhead(open, closing, peers));
  });
  fc.assert(property);
  t.pass();
});

test('whoever accepts unless ahead, all are within the slack of the mean in the end', (t) => {
  const property = fc.property(fc.array(fc.nat(7), { minLength: 64, maxLength: 400 }), (dice) => {
    const open = Array.from({ length: 4 }, () => 0);
    for (const die of dice) {
      const may = open.flatMap((mine, worker) => {
        const peers = open.filter((_, other) => other !== worker).map((count) => at(count));
        return isAhead(mine, 0, peers) ? [] : [worker];
      });
      const chosen = may[die % may.length] ?? 0;
      open[chosen] = (open[chosen] ?? 0) + 1;
    }
    const fair = dice.length / 4;
    t.true(Math.max(...open) <= fair + Math.max(2, fair / 8) + 1, open.join());
  });
  fc.assert(property);
});

test('what has come and gone is counted over a quarter of a second, and forgotten in the next but one', (t) => {
  let closes = NO_CLOSES;
  for (let ms = 1_000; ms < 1_064; ms += 1) closes = afterClose(closes, ms, ms - 10);
  t.is(closingSoon(closes, 1_100), 16);
  t.is(closingSoon(closes, 1_300), 16);
  t.is(closingSoon(closes, 1_600), 0);
  t.is(closingSoon(afterClose(closes, 1_600, 1_400), 1_600), 1 / 4);
  t.is(afterClose(closes, 1_064, 807), closes);
  t.is(closingSoon(afterClose(closes, 1_064, 808), 1_064), 65 / 4, 'one that stayed for just that long counts');
  t.is(closingSoon(afterClose(closes, 1_255, 1_250), 1_255), 65 / 4, 'the last millisecond of the same stretch');
  t.is(closingSoon(afterClose(closes, 1_256, 1_250), 1_256), 16, 'the first of the next, which counts from one');
  t.deepEqual(
    [closingSoon(closes, 1_511), closingSoon(closes, 1_512)],
    [16, 0],
    'the last of the next, and the one after',
  );
  t.deepEqual([closingSoon(NO_CLOSES, 0), closingSoon(NO_CLOSES, 1_000)], [0, 0]);
});

test('it looks less and less often while nothing comes, and at once again when others accept', (t) => {
  const delays: number[] = [];
  let patience = newPatience([at(3), at(1)]);
  for (let look = 0; look < 8; look += 1) {
    delays.push(patience.delay);
    t.is(whileOthersAccept(patience, [at(3), at(1)]), undefined);
    patience = afterPoll(patience, false) ?? t.fail();
  }
  t.deepEqual(delays, [1, 2, 4, 8, 16, 32, 50, 50]);
  t.deepEqual(whileOthersAccept(patience, [at(3), at(2)]), { delay: 1, accepted: 5, left: 0 });
});

test('32 connections that all others have left: they do not take part', (t) => {
  const delays: number[] = [];
  let patience: ReturnType<typeof afterPoll> = newPatience([at(0)]);
  while (patience && delays.length < 100) {
    delays.push(patience.delay);
    patience = afterPoll(patience, true);
  }
  t.deepEqual(delays, [1, ...Array.from({ length: 31 }, () => 4)]);
});

test('two connections that are about to close are no crowd, three are', (t) => {
  t.deepEqual([isChurning(2), isChurning(2.25)], [false, true]);
});

test('before its first close a worker expects none, and the first one begins a stretch of time', (t) => {
  t.is(closingSoon(NO_CLOSES, 0), 0);
  t.deepEqual(afterClose(NO_CLOSES, 256, 200), { since: 256, now: 1, before: 0 });
});
