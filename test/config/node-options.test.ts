import { execFileSync } from 'node:child_process';
import test from 'ava';
import { preloadsIn, readNodeOptions, withoutPreloads, writeNodeOptions } from '../../src/config/node-options.js';

test('NODE_OPTIONS is split as Node splits it, and written so that Node reads the same', (t) => {
  t.deepEqual(readNodeOptions(' --require /a.js  --import=./b.mjs'), ['--require', '/a.js', '--import=./b.mjs']);
  t.deepEqual(readNodeOptions('--require "/with space/a.js" -r "a\\"b\\\\c"'), [
    ...['--require', '/with space/a.js'],
    ...['-r', 'a"b\\c'],
  ]);
  for (const words of [
    ['--title', 'a b'],
    ['--title', 'a"b'],
    ['--title=x', '--no-warnings'],
  ]) {
    const text = writeNodeOptions(words);
    t.deepEqual(readNodeOptions(text), words);
    const env = { ...process.env, NODE_OPTIONS: text };
    const title = execFileSync(process.execPath, ['-p', 'process.title'], { env, encoding: 'utf8' }).trim();
    t.is(title, words[0] === '--title' ? words[1]! : 'x');
  }
});

test('preloads are found in each of their forms, and taken out alone', (t) => {
  const words = readNodeOptions('--max-old-space-size=100 -r ./otel.js --import=pkg/register --require a --inspect');
  const found = preloadsIn(words);
  t.deepEqual(
    found.map(({ flag, specifier }) => `${flag} ${specifier}`),
    ['-r ./otel.js', '--import pkg/register', '--require a'],
  );
  t.deepEqual(withoutPreloads(words, found.slice(0, 2)), ['--max-old-space-size=100', '--require', 'a', '--inspect']);
});
