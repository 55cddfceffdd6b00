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
    for (let step = 0; play(plan, step, 0, 0).reached; step++) {
      const { alive } = play(plan, step, 0, 0);
      for (let blow = 0; blow < BLOWS.length * alive + ORDERS.length; blow++) {
        for (let second = 0; second <= BLOWS.length; second++) {
          play(plan, step, blow, second);
          played += 1;
        }
      }
    }
    t.true(played > 100);
  });
}

/** One history: the plan, the first blow before the given step, the second one step later, and on to the end. */
function play(plan: readonly Event[], step: number, blow: number, second: number) {
  const world = new World(3, POLICY);
  world.take({ type: 'start' });
  if (plan.length > 0) settle(world);
  for (const event of plan) world.take(event);
  for (let at = 0; at < step; at++) if (!settleOne(world, 'works')) return { reached: false, alive: 0 };
  const targets = members(world.state).filter(isAlive);
  const first = BLOWS[blow % BLOWS.length]?.(targets[Math.floor(blow / BLOWS.length)]?.id ?? 0);
  const order = ORDERS[blow - BLOWS.length * targets.length];
  for (const event of [order ?? first]) if (event) world.take(event, 0.5);
  settleOne(world, 'works');
  const next = members(world.state).filter(isAlive).at(-1);
  const event = next && BLOWS[second]?.(next.id);
  if (event) world.take(event, 0.5);
  settle(world);
  checkWhole(world);
  finish(world);
  return { reached: true, alive: targets.length };
}
