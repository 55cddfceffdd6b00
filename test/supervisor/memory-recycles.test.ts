import test from 'ava';
import { createLog } from '../../src/contract/log.js';
import { createMemoryRecycles } from '../../src/supervisor/memory-recycles.js';

const MINUTE = 60_000;

function setUp() {
  const lines: string[] = [];
  const clock = { now: 0 };
  const log = createLog({ format: 'json', level: 'info', label: 'test', sink: (line) => void lines.push(line) });
  return { lines, clock, allows: createMemoryRecycles(() => clock.now, log) };
}

const ask = (id: number, ageMs: number, generation = 1) => ({ id, slot: 0, generation, ageMs });

test('one that has grown for a while is recycled each time', (t) => {
  const { lines, allows } = setUp();
  for (let id = 1; id < 10; id += 1) t.true(allows(ask(id, 2 * MINUTE)));
  t.deepEqual(lines, []);
});

test('from the second young one in a row on they are left alone, twice as long each time, and it is told', (t) => {
  const { lines, clock, allows } = setUp();
  t.true(allows(ask(1, 1_000)));
  for (const [at, minutes] of [1, 2, 4, 8, 16, 32, 60, 60].entries()) {
    const id = at + 2;
    t.false(allows(ask(id, 1_000)));
    clock.now += minutes * MINUTE - 1;
    t.false(allows(ask(id, 1_000 + minutes * MINUTE)), 'it asks again each minute');
    clock.now += 1;
    t.true(allows(ask(id, 1_000 + minutes * MINUTE)));
  }
  t.is(lines.length, 8);
  t.regex(lines[0] ?? '', /below what the app takes at rest.*left alone for 1 min/);
});

test('a worker that grew slowly, or another generation, begins anew', (t) => {
  const { allows } = setUp();
  t.true(allows(ask(1, 1_000)));
  t.true(allows(ask(2, 2 * MINUTE)));
  t.true(allows(ask(3, 1_000)));
  t.false(allows(ask(4, 1_000)));
  t.true(allows(ask(5, 1_000, 2)));
});
