import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import test from 'ava';

test('each file that CONTRIBUTING.md sends to exists', (t) => {
  const named = [...readFileSync('CONTRIBUTING.md', 'utf8').matchAll(/`((?:src|hooks|test|build)\/[\w./*-]+)`/g)];
  const missing = named.map(([, path = '']) => path).filter((path) => !isThere(path));
  t.deepEqual(missing, ['src/cli/x-command.ts'], 'the one that is to be added');
  t.true(named.length > 20);
});

/** `*` stands for any part of a file's name. */
function isThere(path: string): boolean {
  if (!path.includes('*')) return existsSync(path);
  const name = new RegExp(`^${basename(path).replaceAll('.', '\\.').replaceAll('*', '.*')}$`);
  return readdirSync(dirname(path)).some((one) => name.test(one));
}
