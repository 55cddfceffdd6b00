import test from 'ava';
import { forks, scripted } from './scripted-ports.js';

/** Two workers, and a reload whose canary is on trial: the third fork is the canary, the fourth is held. */
function onTrial(hooks: Parameters<typeof scripted>[1] = {}) {
  const world = scripted({ workers: 2 }, hooks);
  const { supervisor, ports } = world;
  supervisor.start();
  for (const nth of [1, 2]) ports.worker(nth).ready();
  const answer = supervisor.reload(supervisor.config());
  ports.worker(3).ready();
  return { ...world, answer };
}

/** The canary answers the question that ends its trial. */
function pass({ ports }: ReturnType<typeof onTrial>): void {
  ports.advance(500);
  ports.worker(3).say({ type: 'alive', debugged: false });
}

test('while the canary is on trial the process of the next worker is held; its turn lets it go on', (t) => {
  const world = onTrial();
  const { ports, supervisor } = world;
  t.is(ports.workers.length, 4);
  const held = ports.worker(4);
  t.true(held.spec.held);
  t.like(held.spec.boot, { slot: 1, generation: 2 });
  t.is(held.letGo, 0);
  t.false(supervisor.status().workers.some(({ pid }) => pid === 1_004));
  pass(world);
  t.is(ports.workers.length, 4);
  t.is(held.letGo, 1);
  t.like(
    supervisor.status().workers.find(({ pid }) => pid === 1_004),
    { slot: 1, generation: 2, phase: 'starting' },
  );
});

test('a canary that fails takes the held process with it', async (t) => {
  const { ports, answer } = onTrial();
  ports.worker(3).exit(1);
  t.deepEqual(ports.worker(4).signals, ['SIGKILL']);
  t.is(ports.worker(4).letGo, 0);
  t.like(await answer, { ok: false, code: 'RELOAD_FAILED' });
});

test('a stop takes the held process with it', (t) => {
  const { ports, supervisor } = onTrial();
  supervisor.stop();
  t.deepEqual(ports.worker(4).signals, ['SIGKILL']);
});

test('a held process that ends is not missed: its worker is forked at its turn', (t) => {
  const world = onTrial();
  const { ports } = world;
  ports.worker(4).exit(null, 'SIGKILL');
  pass(world);
  t.is(ports.workers.length, 5);
  t.falsy(ports.worker(5).spec.held);
});

test('what Node said in a held process belongs to its worker', (t) => {
  const world = onTrial();
  world.ports.worker(4).stderr('Warning: from Node itself\n');
  pass(world);
  t.regex(world.written.join(''), /Warning: from Node itself/);
});

test('with a preFork hook nothing is held: it is asked at the fork', async (t) => {
  const { ports, supervisor } = scripted({ workers: 2 }, { preFork: () => ({}) });
  const both = forks(ports, 2);
  supervisor.start();
  await both;
  for (const nth of [1, 2]) ports.worker(nth).ready();
  const canary = forks(ports, 1);
  void supervisor.reload(supervisor.config());
  await canary;
  ports.worker(3).ready();
  t.is(ports.workers.length, 3);
});
