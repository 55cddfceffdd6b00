import test from 'ava';
import { isAlive, members } from '../../src/core/roster.js';
import type { Event } from '../../src/core/types.js';
import { checkWhole, finish, settle, settleOne } from './environment.js';
import { POLICY, World } from './world.js';

/** What a worker can do to us at any time. */
const BLOWS: ((id: number) => Event)[] = [
  (id) => ({ type: 'exit', id, code: 1, signal: null }),
  (id) => ({ type: 'exit', id, code: 0, signal: null }),
  (id) => ({ type: 'exit', id, code: null, signal: 'SIGKILL' }),
  (id) => ({ type: 'hung', id }),
  (id) => ({ type: 'alive', id }),
  (id) => ({ type: 'leaving', id, reason: 'signal' }),
  (id) => ({ type: 'ready', id }),
];
const ORDERS: Event[] = [
  { type: 'stop', request: 50 },
  { type: 'scale', by: 1, request: 50 },
  { type: 'scale', to: 1, request: 50 },
  { type: 'reload', policy: POLICY, target: 2, request: 50 },
];
const PLANS: Record<string, Event[]> = {
  boot: [],
  reload: [{ type: 'reload', policy: POLICY, target: 3, request: 1 }],
  'a growing reload': [{ type: 'reload', policy: { ...POLICY, maxSurge: 2 }, target: 5, request: 1 }],
  'a shrinking reload': [{ type: 'reload', policy: { ...POLICY, maxUnavailable: 1 }, target: 1, request: 1 }],
  recycle: [1, 2, 3].map((id) => ({ type: 'recycle', id, reason: 'recycle', request: id })),
  scale: [{ type: 'scale', to: 1, request: 1 }],
  stop: [{ type: 'stop', request: 1 }],
};

for (const [name, plan] of Object.entries(PLANS)) {
  test(`${name}: whatever one worker does, at whichever step, and another at the next, all ends well`, (t) => {
    let played = 0;
    const ended = new Set<string>();
    for (const world of steps(plan)) {
      for (const struck of blows(world)) {
        for (const end of [...strikes(struck), struck.copy()]) {
          played += 1;
          // The core is a pure function: two histories that have come to the same have the same rest.
          if (ended.size === ended.add(end.key()).size) continue;
          settle(end);
          checkWhole(end);
          finish(end);
        }
      }
    }
    t.true(played > 100);
  });
}

/** The plan on its way to the end: a world for each of its steps. */
function* steps(plan: readonly Event[]): Generator<World> {
  const world = new World(3, POLICY);
  world.take({ type: 'start' });
  if (plan.length > 0) settle(world);
  for (const event of plan) world.take(event);
  do yield world.copy();
  while (settleOne(world, 'works'));
}

/** Each first blow, by each of the workers or an order, and the step behind it. */
function* blows(world: World): Generator<World> {
  const targets = members(world.state).filter(isAlive);
  for (const event of [...targets.flatMap(({ id }) => BLOWS.map((blow) => blow(id))), ...ORDERS]) {
    const struck = world.copy();
    struck.take(event, 0.5);
    settleOne(struck, 'works');
    yield struck;
  }
}

/** Each second blow, by the newest of the workers. */
function* strikes(world: World): Generator<World> {
  const next = members(world.state).filter(isAlive).at(-1);
  for (const blow of next ? BLOWS : []) {
    const struck = world.copy();
    if (next) struck.take(blow(next.id), 0.5);
    yield struck;
  }
}
