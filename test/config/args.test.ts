import test from 'ava';
import { splitArgs } from '../../src/config/args.js';

test('node arguments split as in a shell', (t) => {
  t.deepEqual(splitArgs(`--import tsx  --title="a b" 'c d' ""`), ['--import', 'tsx', '--title=a b', 'c d', '']);
  t.deepEqual(splitArgs('  '), []);
  t.is(splitArgs('--title="a'), undefined);
});
