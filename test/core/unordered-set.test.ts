import test from 'ava';
import fc from 'fast-check';
import { UnorderedSet } from '../../src/core/unordered-set.js';

const MEMBERS = 3;

test('a crowd holds what a set would, whatever comes and goes, and in several crowds at once', (t) => {
  const step = fc.record({ crowd: fc.nat(1), member: fc.nat(MEMBERS - 1), comes: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      // New ones each time: those of an earlier run stand in its crowds still, and would be guests in all that follow.
      const members = Array.from({ length: MEMBERS }, (_, name) => ({ name }));
      const pairs = [0, 1].map(() => ({ crowd: new UnorderedSet<object>(), set: new Set<object>() }));
      for (const { crowd: which, member, comes } of steps) {
        const { crowd, set } = pairs[which]!;
        if (comes) crowd.add(members[member]!);
        else crowd.delete(members[member]!);
        set[comes ? 'add' : 'delete'](members[member]!);
        if (crowd.all().length !== set.size || !crowd.all().every((one) => set.has(one))) return false;
        if (!members.every((one) => crowd.some((other) => other === one) === set.has(one))) return false;
      }
      return true;
    }),
    { numRuns: 1000 },
  );
  t.pass();
});
