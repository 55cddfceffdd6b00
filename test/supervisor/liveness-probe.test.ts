import test from 'ava';
import { createLivenessProbe } from '../../src/supervisor/liveness-probe.js';

/** A clock that moves when it is told to, and holds at most one timer that waits: the pulse needs no more. */
function world(timeoutMs: number) {
  let now = 0;
  let timer: { at: number; callback: () => void } | undefined;
  const soon: (() => void)[] = [];
  const asked: number[] = [];
  const hung: number[] = [];
  const livenessProbe = createLivenessProbe({
    timeoutMs,
    ports: {
      now: () => now,
      timer: (delay, callback) => {
        if (delay === 0) {
          soon.push(callback);
          return () => undefined;
        }
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
  /** @param arrive what had come before the timer fired, and is read behind it */
  const fire = (late = 0, arrive: () => void = () => undefined) => {
    if (!timer) throw new Error('no timer is armed');
    const { at, callback } = timer;
    timer = undefined;
    now = at + late;
    callback();
    arrive();
    for (const one of soon.splice(0)) one();
  };
  return { livenessProbe, asked, hung, fire, armed: () => timer !== undefined };
}

test('a worker that answers is asked on, in one turn with the others', (t) => {
  const { livenessProbe, asked, hung, fire } = world(30_000);
  livenessProbe.watch(1);
  livenessProbe.watch(2);
  for (let turns = 0; turns < 10; turns++) {
    fire();
    livenessProbe.answered(1, false);
    livenessProbe.answered(2, false);
  }
  t.is(asked.length, 20);
  t.deepEqual(hung, []);
});

test('a worker that owes an answer for the timeout is hung, once, and the others are not', (t) => {
  const { livenessProbe, hung, fire } = world(30_000);
  livenessProbe.watch(1);
  livenessProbe.watch(2);
  for (let turns = 0; turns < 6; turns++) {
    fire();
    livenessProbe.answered(2, false);
  }
  t.deepEqual(hung, [1]);
});

test('a machine that slept counts anew', (t) => {
  const { livenessProbe, hung, fire } = world(30_000);
  livenessProbe.watch(1);
  fire();
  fire();
  fire(3_600_000);
  t.deepEqual(hung, []);
  for (let turns = 0; turns < 3; turns++) fire();
  t.deepEqual(hung, [1]);
});

test('a worker under a debugger is left alone', (t) => {
  const { livenessProbe, hung, fire } = world(30_000);
  livenessProbe.watch(1);
  fire();
  livenessProbe.answered(1, true);
  for (let turns = 0; turns < 10; turns++) fire();
  t.deepEqual(hung, []);
});

test('without workers nothing wakes the primary', (t) => {
  const { livenessProbe, armed, fire } = world(30_000);
  t.false(armed());
  livenessProbe.watch(1);
  fire();
  livenessProbe.forget(1);
  t.false(armed());
  livenessProbe.answered(1, false);
  t.false(armed());
  livenessProbe.watch(3);
  t.true(armed());
});

test('an answer that is here already, and was not read yet, counts', (t) => {
  const { livenessProbe, hung, fire } = world(30_000);
  livenessProbe.watch(1);
  for (let turns = 0; turns < 3; turns++) fire();
  fire(0, () => livenessProbe.answered(1, false));
  fire();
  t.deepEqual(hung, []);
});
