import test from 'ava';
import { createPulse } from '../../src/supervisor/liveness-probe.js';

/** A clock that moves when it is told to, and holds at most one timer: the pulse needs no more. */
function world(timeoutMs: number) {
  let now = 0;
  let timer: { at: number; callback: () => void } | undefined;
  const asked: number[] = [];
  const hung: number[] = [];
  const pulse = createPulse({
    timeoutMs,
    ports: {
      now: () => now,
      timer: (delay, callback) => {
        if (timer) throw new Error('a second timer');
        timer = { at: now + delay, callback };
        return () => {
          timer = undefined;
        };
      },
    },
    ask: (id) => void asked.push(id),
    onHung: (id) => void hung.push(id),
  });
  const fire = (late = 0) => {
    if (!timer) throw new Error('no timer is armed');
    const { at, callback } = timer;
    timer = undefined;
    now = at + late;
    callback();
  };
  return { pulse, asked, hung, fire, armed: () => timer !== undefined };
}

test('a worker that answers is asked on, in one turn with the others', (t) => {
  const { pulse, asked, hung, fire } = world(30_000);
  pulse.watch(1);
  pulse.watch(2);
  for (let turns = 0; turns < 10; turns++) {
    fire();
    pulse.answered(1, false);
    pulse.answered(2, false);
  }
  t.is(asked.length, 20);
  t.deepEqual(hung, []);
});

test('a worker that owes an answer for the timeout is hung, once, and the others are not', (t) => {
  const { pulse, hung, fire } = world(30_000);
  pulse.watch(1);
  pulse.watch(2);
  for (let turns = 0; turns < 6; turns++) {
    fire();
    pulse.answered(2, false);
  }
  t.deepEqual(hung, [1]);
});

test('a machine that slept counts anew', (t) => {
  const { pulse, hung, fire } = world(30_000);
  pulse.watch(1);
  fire();
  fire();
  fire(3_600_000);
  t.deepEqual(hung, []);
  for (let turns = 0; turns < 3; turns++) fire();
  t.deepEqual(hung, [1]);
});

test('a worker under a debugger is left alone', (t) => {
  const { pulse, hung, fire } = world(30_000);
  pulse.watch(1);
  fire();
  pulse.answered(1, true);
  for (let turns = 0; turns < 10; turns++) fire();
  t.deepEqual(hung, []);
});

test('without workers nothing wakes the primary', (t) => {
  const { pulse, armed, fire } = world(30_000);
  t.false(armed());
  pulse.watch(1);
  fire();
  pulse.forget(1);
  t.false(armed());
  pulse.answered(1, false);
  t.false(armed());
  pulse.watch(3);
  t.true(armed());
});
