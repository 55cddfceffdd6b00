import { executionAsyncResource } from 'node:async_hooks';
import test from 'ava';
import { keepTickShape } from '../../src/worker/node-internals/tick-shape.js';

test('what runs as a tick finds the object that Node made for it as its resource', async (t) => {
  const found = await new Promise((resolve) => {
    const tick = () => resolve([executionAsyncResource(), tick]);
    process.nextTick(tick);
  });
  const [resource, tick] = found as [{ callback?: unknown }, unknown];
  t.is(resource.callback, tick);
});

test('to keep one disturbs no tick, and no more than one is kept', async (t) => {
  const order: number[] = [];
  process.nextTick(() => order.push(1));
  keepTickShape();
  keepTickShape();
  await new Promise<void>((resolve) => process.nextTick(() => resolve(void order.push(2))));
  t.deepEqual(order, [1, 2]);
  const kept = Object.getOwnPropertyDescriptor(process, Symbol.for('kf-cluster.tick'));
  if (Number.parseInt(process.versions.node, 10) >= 26) return t.is(kept, undefined);
  t.is(typeof kept?.value.callback, 'function');
  t.false(kept?.enumerable);
});
