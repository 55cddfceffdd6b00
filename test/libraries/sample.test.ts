import test from 'ava';
import { inRange } from '../../src/diagnose/semver.js';
import { packedBin } from '../helpers/packed.js';
import { instrumentationOf, ROWS } from './rows.js';
import { runVersion } from './run.js';

/** Of few packages. Its instrumentation knows `require` alone, so the ES module shows what we add to it. */
const LIBRARY = 'connect';
const VERSION = '3.7.0';

test('a library that bootstrap has instrumented gives a span in CommonJS and as an ES module', async (t) => {
  const row = ROWS.find(({ library }) => library === LIBRARY)!;
  t.true(instrumentationOf(LIBRARY).ranges.some((range) => inRange(VERSION, range)));
  const tools = { bin: packedBin(), nodes: { oldest: process.execPath, newest: process.execPath }, server: undefined };
  const cells = await runVersion(row, 'newest', VERSION, tools);
  t.deepEqual(
    cells.map(({ form, verdict }) => ({ form, ...verdict })),
    [
      { form: 'cjs', kind: 'span' },
      { form: 'esm', kind: 'span' },
    ],
  );
});
