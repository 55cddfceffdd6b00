import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { LoadInput } from '../../src/config/load-options.js';
import { createConfigReader } from '../../src/config/reread.js';
import { KfError } from '../../src/contract/errors.js';
import { tree } from '../helpers/tree.js';

/** A reader of an app whose config file is JSON: that is read in this process each time. */
function readerOf(t: ExecutionContext, files: Record<string, string>, change: Partial<LoadInput> = {}) {
  const dir = tree(t, { 'package.json': '{ "name": "shop" }', 'app.js': '', ...files });
  const input = { script: 'app.js', args: [], flags: {}, environment: {}, cwd: dir, ...change };
  return {
    dir,
    reader: createConfigReader(input),
    write: (name: string, text: string) => writeFileSync(join(dir, name), text),
  };
}

const CONFIG = 'kf-cluster.config.json';

test('a reload reads what stands in the file now, and a key that is gone is gone', async (t) => {
  const { reader, write } = readerOf(t, { [CONFIG]: '{ "workers": 2, "maxRestarts": 3 }' });
  const first = await reader.read();
  t.like(first.config, { workers: 2, maxRestarts: 3 });
  write(CONFIG, '{ "workers": 4 }');
  const second = await reader.read();
  t.is(second.config.workers, 4);
  t.not(second.config.maxRestarts, 3);
});

test('a file that comes after the start is found, and one that goes leaves the defaults', async (t) => {
  const { reader, write, dir } = readerOf(t, {});
  const before = await reader.read();
  t.is(before.configFile, undefined);
  write(CONFIG, '{ "workers": 3 }');
  const there = await reader.read();
  t.is(there.configFile, join(dir, CONFIG));
  t.is(there.config.workers, 3);
  rmSync(join(dir, CONFIG));
  t.is((await reader.read()).config.workers, before.config.workers);
});

test('the env file and what it names are read anew', async (t) => {
  const { reader, write } = readerOf(
    t,
    { 'a.env': 'KF_CLUSTER_WORKERS=2\nMODE=one\n' },
    { flags: { 'env-file': 'a.env' } },
  );
  t.like((await reader.read()).config, { workers: 2, env: { MODE: 'one' } });
  write('a.env', 'KF_CLUSTER_WORKERS=5\n');
  const { config } = await reader.read();
  t.is(config.workers, 5);
  t.is(config.env.MODE, undefined);
});

for (const [what, text, code] of [
  ['does not parse any more', '{', 'CONFIG_UNREADABLE'],
  ['has a wrong key', '{ "wrokers": 2 }', 'CONFIG_INVALID'],
  ['has a wrong value', '{ "workers": 0 }', 'CONFIG_INVALID'],
  ['is no object', '5', 'CONFIG_INVALID'],
] as const) {
  test(`a file that ${what} is an error of that reload, and the next one reads a good one`, async (t) => {
    const { reader, write } = readerOf(t, { [CONFIG]: '{ "workers": 2 }' });
    await reader.read();
    write(CONFIG, text);
    t.is((await t.throwsAsync(reader.read(), { instanceOf: KfError }))?.code, code);
    write(CONFIG, '{ "workers": 6 }');
    t.is((await reader.read()).config.workers, 6);
  });
}

test('a script that is gone is the error of the reload, in the words of a start', async (t) => {
  const { reader, dir } = readerOf(t, {});
  await reader.read();
  rmSync(join(dir, 'app.js'));
  t.is((await t.throwsAsync(reader.read(), { instanceOf: KfError }))?.code, 'SCRIPT_NOT_FOUND');
});

test('flags and the environment of the start win over the file in each reload', async (t) => {
  const { reader, write } = readerOf(
    t,
    { [CONFIG]: '{}' },
    { flags: { workers: '7' }, environment: { KF_CLUSTER_MAX_RESTARTS: '8' } },
  );
  write(CONFIG, '{ "workers": 2, "maxRestarts": 1 }');
  t.like((await reader.read()).config, { workers: 7, maxRestarts: 8 });
});

test('hooks that were given in code stay in every reading', async (t) => {
  const preFork = () => ({ A: '1' });
  const { reader } = readerOf(t, {}, { inlineHooks: { preFork } });
  for (const _ of [1, 2]) t.is((await reader.read()).config.inlineHooks.preFork, preFork);
});

test('what is risky is said with each reading, for each log', async (t) => {
  const { reader } = readerOf(t, {}, { environment: { KF_CLUSTER_WROKERS: '2' } });
  for (const _ of [1, 2]) t.regex((await reader.read()).warnings.join(), /KF_CLUSTER_WROKERS is no option/);
});
