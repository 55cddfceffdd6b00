import test, { type ExecutionContext } from 'ava';
import {
  addHooks,
  DOOR,
  doorway,
  onDraining,
  onPostFork,
  onPreShutdown,
  onWorkerReady,
} from '../../hooks/app-hooks.js';
import type { WorkerHooks } from '../../hooks/types.js';

/** A worker's door until the test is over, and what came through it. */
function open(t: ExecutionContext, settles: () => Promise<void> = () => Promise.resolve()): WorkerHooks[] {
  const added: WorkerHooks[] = [];
  doorway[DOOR] = {
    add: (hooks) => {
      added.push(hooks);
      return settles();
    },
  };
  t.teardown(() => {
    delete doorway[DOOR];
  });
  return added;
}

test.serial('where nothing is forked, nothing runs, and nobody waits', async (t) => {
  let ran = 0;
  const count = () => {
    ran += 1;
  };
  await onPostFork(count);
  await addHooks({ postFork: count, preShutdown: count });
  onWorkerReady(count);
  onDraining(count);
  onPreShutdown(count);
  t.is(ran, 0);
});

test.serial('in a worker each goes by its own name, and by no other', (t) => {
  const added = open(t);
  const act = () => undefined;
  void onPostFork(act);
  onWorkerReady(act);
  onDraining(act);
  onPreShutdown(act);
  t.deepEqual(added, [{ postFork: act }, { onWorkerReady: act }, { onDraining: act }, { preShutdown: act }]);
});

test.serial('whoever adds a postFork learns that it has failed', async (t) => {
  open(t, () => Promise.reject(new Error('no database')));
  await t.throwsAsync(
    onPostFork(() => undefined),
    { message: 'no database' },
  );
  await t.throwsAsync(addHooks({}), { message: 'no database' });
});

test.serial('another copy of this package finds the same door', async (t) => {
  const added = open(t);
  const copy: typeof import('../../hooks/app-hooks.js') = await import(
    `${new URL('../../hooks/app-hooks.js', import.meta.url).href}?copy`
  );
  t.not(copy.addHooks, addHooks);
  await copy.addHooks({ onDraining: () => undefined });
  t.is(added.length, 1);
});
