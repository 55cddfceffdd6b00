import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import test from 'ava';

const root = fileURLToPath(new URL('../../../', import.meta.url));

test('each line of SECURITY.md about who is not trusted names tests that exist', (t) => {
  const text = readFileSync(`${root}SECURITY.md`, 'utf8');
  const rows = text
    .slice(text.indexOf('## Not trusted'))
    .split('\n')
    .filter((line) => /^\| (?!-|Who)/.test(line));
  t.true(rows.length > 10);
  for (const row of rows) {
    const tests = [
      ...row
        .split('|')
        .at(-2)!
        .matchAll(/`([\w/-]+)`/g),
    ].map(([, name]) => name);
    t.true(tests.length > 0, row);
    for (const name of tests) t.true(existsSync(`${root}test/${name}.test.ts`), name);
  }
});
