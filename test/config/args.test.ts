import test from 'ava';
import fc from 'fast-check';
import { joinArgs, splitArgs } from '../../src/config/args.js';

test('node arguments split as in a shell', (t) => {
  t.deepEqual(splitArgs(`--import tsx  --title="a b" 'c d' ""`), ['--import', 'tsx', '--title=a b', 'c d', '']);
  t.deepEqual(splitArgs('  '), []);
  t.is(splitArgs('--title="a'), undefined);
});

test('what is joined splits into the same words', (t) => {
  const word = fc.oneof(fc.string(), fc.constantFrom('', ' ', "'", '"', `'"' "`, 'a b', "it's", 'back\\slash', '\n'));
  fc.assert(fc.property(fc.array(word), (words) => t.deepEqual(splitArgs(joinArgs(words)), words) === true));
  t.is(joinArgs(['--import', 'tsx', '--title=a b']), "--import tsx '--title=a b'");
});
