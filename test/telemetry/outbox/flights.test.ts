import test from 'ava';
import { Flights } from '../../../src/telemetry/outbox/send/flights.js';

/** A clock that stands until it is moved, and requests that are waited for 10 s. */
function flightsAt(start = 0) {
  const clock = { now: start };
  return { clock, flights: new Flights(() => clock.now, 10_000) };
}

async function isAbandoned({ abandoned }: ReturnType<Flights['begin']>): Promise<boolean> {
  return (await Promise.race([abandoned, Promise.resolve(undefined)])) !== undefined;
}

test('a request is waited for by others as long as was set, and no longer', (t) => {
  const { clock, flights } = flightsAt();
  flights.begin();
  clock.now = 4_000;
  flights.begin();
  t.is(flights.waiting(clock.now), 2);
  t.is(flights.nextChange(clock.now, true), 6_000);
  t.is(flights.nextChange(clock.now, false), undefined, 'nothing waits to be sent beside them');
  clock.now = 10_000;
  t.is(flights.waiting(clock.now), 1);
  t.is(flights.count, 2);
  t.is(flights.nextChange(clock.now, true), 4_000);
});

test('what becomes overdue between the decision and the next look is looked at again', (t) => {
  const { clock, flights } = flightsAt();
  flights.begin();
  const now = 9_999.5;
  t.is(flights.waiting(now), 1);
  clock.now = 10_000.5;
  t.is(flights.nextChange(now, true), 0.5);
});

test('a flush waits for 1 s for what was under way before it, and as ever for what begins later', (t) => {
  const { clock, flights } = flightsAt();
  flights.begin();
  clock.now = 400;
  flights.hurry();
  t.is(flights.nextChange(clock.now, true), 600);
  clock.now = 1_000;
  t.is(flights.waiting(clock.now), 0);
  flights.begin();
  clock.now = 3_000;
  t.is(flights.waiting(clock.now), 1);
});

test('what a flush waits for is lost once a later request was answered in less than half of the time', async (t) => {
  const { clock, flights } = flightsAt();
  const held = flights.begin();
  flights.hurry();
  clock.now = 1_000;
  const later = flights.begin();
  clock.now = 1_050;
  flights.answered(later);
  flights.end(later);
  t.true(await isAbandoned(held));
  const outcome = await held.abandoned;
  t.like(outcome, { type: 'retry', timedOut: true, reconnect: true });
});

test('where the later answer took long, it is lost when it has waited twice as long', async (t) => {
  const { clock, flights } = flightsAt();
  const held = flights.begin();
  flights.hurry();
  clock.now = 1_000;
  const later = flights.begin();
  clock.now = 2_500;
  flights.answered(later);
  flights.end(later);
  t.false(await isAbandoned(held));
  t.is(flights.nextChange(clock.now, false), 500, 'looked at again without any other answer');
  clock.now = 3_000;
  flights.abandonLost(clock.now);
  t.true(await isAbandoned(held));
});

test('without a flush none is given up before its time, nor is one that an earlier request was answered beside', async (t) => {
  const { clock, flights } = flightsAt();
  const earlier = flights.begin();
  clock.now = 100;
  const held = flights.begin();
  clock.now = 200;
  const later = flights.begin();
  clock.now = 300;
  flights.answered(later);
  flights.end(later);
  clock.now = 9_000;
  flights.abandonLost(clock.now);
  t.false(await isAbandoned(held));
  flights.end(held);
  flights.hurry();
  t.true(await isAbandoned(earlier), 'a flush comes: it began before the one that was answered');
  const last = flights.begin();
  flights.answered(earlier);
  flights.hurry();
  clock.now = 19_000;
  flights.abandonLost(clock.now);
  t.false(await isAbandoned(last));
});
