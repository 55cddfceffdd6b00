import test from 'ava';
import { type FunctionLength, functionLengths } from './functions.js';
import { filesBelow, textOf } from './sources.js';

const LIMITS = { file: 250, function: 60, core: 40 };
/** Nine of ten functions have so many lines at most, callbacks of one expression counted too. */
const NINE_OF_TEN = 15;
/** The rooms that have more; a room that has become shorter is taken out. */
const LONGER: Readonly<Record<string, number>> = { dev: 17 };

const sources = filesBelow(['src', 'hooks', 'build'], /\.(c?tsx?|mjs)$/).filter((file) => !file.endsWith('.d.ts'));
const functions = functionLengths(sources);

test('files have at most 250 lines, functions 60, those of core 40', (t) => {
  const files = sources.map((file) => [file, textOf(file).trimEnd().split('\n').length] as const);
  const tooLong = [
    ...files.filter(([, lines]) => lines > LIMITS.file),
    ...functions
      .filter(({ file, lines }) => lines > (file.startsWith('src/core/') ? LIMITS.core : LIMITS.function))
      .map(({ file, firstLine, lines }) => [`${file} ${firstLine}`, lines] as const),
  ];
  t.deepEqual(tooLong, [], 'split it: one concept a file, and a function that fits on a screen');
});

test('nine of ten functions have 15 lines at most, in each room and in all', (t) => {
  const rooms = new Map<string, FunctionLength[]>();
  for (const one of functions) rooms.set(roomOf(one), [...(rooms.get(roomOf(one)) ?? []), one]);
  const measured = [...rooms].map(([room, here]) => [room, nineOfTen(here)] as const);
  t.deepEqual(Object.fromEntries(measured.filter(([, lines]) => lines > NINE_OF_TEN)), LONGER);
  t.true(nineOfTen(functions) <= NINE_OF_TEN, `${nineOfTen(functions)}`);
});

/** `src/bin.cts` and its like, too few to have a share of their own, are one with the command line. */
function roomOf({ file }: FunctionLength): string {
  const [top = '', room = ''] = file.split('/');
  if (top !== 'src') return top;
  return room.includes('.') ? 'cli' : room;
}

function nineOfTen(all: readonly FunctionLength[]): number {
  const lengths = all.map(({ lines }) => lines).sort((a, b) => a - b);
  return lengths[Math.ceil(0.9 * lengths.length) - 1] ?? 0;
}
