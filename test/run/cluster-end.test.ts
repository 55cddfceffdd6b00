import test from 'ava';
import { type ClusterEnd, endInOrder } from '../../src/run/cluster-end.js';

function steps(done: string[], failing: Readonly<Record<string, Error>> = {}): ClusterEnd {
  const step = (name: string) => async (code: number) => {
    await Promise.resolve();
    done.push(`${name} ${code}`);
    if (failing[name]) throw failing[name];
  };
  return {
    ...{ places: step('places'), files: step('files'), hooks: step('hooks') },
    ...{ leftovers: step('leftovers'), watch: step('watch'), cron: step('cron') },
  };
}

const ORDER = ['cron 7', 'watch 7', 'leftovers 7', 'hooks 7', 'files 7', 'places 7'];

test('what ends with a cluster ends one after the other, and its name is free last', async (t) => {
  const done: string[] = [];
  await endInOrder(steps(done), 7, () => t.fail());
  t.deepEqual(done, ORDER);
});

test('one that fails keeps none behind it from being done, and the first error is the one that is thrown', async (t) => {
  const done: string[] = [];
  const leftovers = new Error('no process');
  const said: unknown[] = [];
  const files = new Error('closed');
  const ended = endInOrder(steps(done, { leftovers, files }), 7, (error) => said.push(error));
  t.is(await t.throwsAsync(ended), leftovers);
  t.deepEqual(said, [files], 'and the others are said');
  t.deepEqual(done, ORDER);
});
