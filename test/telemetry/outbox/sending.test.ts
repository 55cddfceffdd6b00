import test from 'ava';
import { Account, balance } from '../../../src/telemetry/outbox/account.js';
import { bySignal } from '../../../src/telemetry/outbox/pipeline.js';
import { Connections } from '../../../src/telemetry/outbox/send/collector-connections.js';
import {
  type Outcome,
  type OutgoingRequest,
  retry,
  type Transport,
} from '../../../src/telemetry/outbox/send/outcome.js';
import { Sender, type SenderOptions } from '../../../src/telemetry/outbox/send/sender.js';
import { Store } from '../../../src/telemetry/outbox/store/store.js';
import { namesIn } from '../../helpers/fault-sink.js';
import { smallRequest } from '../../helpers/otlp-bytes.js';
import { manualPorts } from './manual-ports.js';

const ACCEPTED: Outcome = { type: 'accepted', rejected: 0, message: '' };

interface Flight {
  readonly request: OutgoingRequest;
  /** Of the connection that it went over. */
  readonly connection: number;
  answer(outcome: Outcome): Promise<void>;
}

/** Lets what was promised by now happen. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A sender of records in memory whose clock, turns and answers are the test's. */
function sending(more: Partial<SenderOptions> = {}) {
  const manual = manualPorts();
  const { ports } = manual;
  const flights: Flight[] = [];
  const closed: number[] = [];
  const warned: string[] = [];
  let made = 0;
  let fails = false;
  const connect = (): Transport => {
    if (fails) throw new Error('the certificate cannot be read');
    const connection = ++made;
    return {
      close: () => void closed.push(connection),
      send: (request) =>
        new Promise((resolve) => {
          const answer = async (outcome: Outcome) => {
            resolve(outcome);
            await settle();
          };
          flights.push({ request, connection, answer });
        }),
    };
  };
  const accounts = bySignal((signal) => new Account({ signal, now: ports.now, onDrop: () => undefined }));
  const store = new Store({ delivery: 'memory', journal: undefined, accounts, ports });
  const parts = { store, connections: new Connections(connect), accounts, ports };
  const sender = new Sender({ ...parts, warn: (what) => void warned.push(what), ...more });
  /** Hands in records of their own, so that each may have a request. */
  const handIn = (items: number, kind: 'traces' | 'logs' = 'traces') => {
    accounts[kind].ended += items;
    store.handIn({ kind, encoding: 'protobuf', items, parts: [{ bytes: smallRequest(items), items }] });
  };
  /** Ends the turn, and lets the requests that it begins be on their way. */
  const turn = async () => {
    manual.endTurn();
    await settle();
  };
  const account = () => accounts.traces.snapshot();
  const breakConnect = (broken: boolean) => {
    fails = broken;
  };
  return { ...manual, sender, store, flights, closed, warned, handIn, turn, account, made: () => made, breakConnect };
}

test('what is handed in within one turn goes in one request, and is acknowledged as a whole', async (t) => {
  const { handIn, turn, flights, account, sender } = sending();
  handIn(1);
  handIn(2);
  t.is(flights.length, 0);
  await turn();
  t.is(flights.length, 1);
  t.is(namesIn(Buffer.concat(flights[0]!.request.chunks)).length, 3);
  t.like(account(), { pending: 3, exported: 0 });
  await flights[0]!.answer(ACCEPTED);
  t.like(account(), { pending: 0, exported: 3 });
  t.is(sender.requests, 1);
});

test('what was refused of a request is counted as rejected, and never more than was in it', async (t) => {
  const { handIn, turn, flights, account, warned } = sending();
  handIn(3);
  await turn();
  await flights[0]!.answer({ type: 'accepted', rejected: 1_000, message: 'too old' });
  t.like(account(), { rejected: 3, exported: 0 });
  t.is(balance(account()), 0);
  t.true(warned[0]!.includes('3 of') && warned[0]!.includes('too old'));
});

test('after a failure it waits, sends again over a new connection, and what ended meanwhile with it', async (t) => {
  const { handIn, turn, flights, advance, closed, made, account } = sending();
  handIn(1);
  await turn();
  await flights[0]!.answer(retry('gone'));
  handIn(1);
  await turn();
  t.deepEqual([flights.length, closed], [1, [1]], 'the pause holds for what comes later too');
  advance(500);
  await turn();
  t.deepEqual([flights.length, made()], [2, 2]);
  t.is(namesIn(Buffer.concat(flights[1]!.request.chunks)).length, 2);
  await flights[1]!.answer(ACCEPTED);
  t.like(account(), { exported: 2, pending: 0, resent: 0 });
});

test('a collector that is busy is asked again over the same connection', async (t) => {
  const { handIn, turn, flights, advance, made, closed } = sending();
  handIn(1);
  await turn();
  await flights[0]!.answer(retry('busy', { reconnect: false, overloaded: true }));
  advance(5_000);
  await turn();
  t.deepEqual([flights.length, made(), closed], [2, 1, []]);
});

test('a flush does not wait for our own pause, and does for the one that the collector named', async (t) => {
  const ours = sending();
  ours.handIn(1);
  await ours.turn();
  await ours.flights[0]!.answer(retry('gone'));
  ours.sender.hurry();
  await ours.turn();
  t.is(ours.flights.length, 2);
  const named = sending();
  named.handIn(1);
  await named.turn();
  await named.flights[0]!.answer(retry('busy', { afterMs: 7_000 }));
  named.sender.hurry();
  await named.turn();
  t.is(named.flights.length, 1);
  named.advance(7_000);
  await named.turn();
  t.is(named.flights.length, 2);
});

test('what got no answer in time counts as sent again, and the next request has twice the time', async (t) => {
  const { handIn, turn, flights, advance, account } = sending({ requestTimeoutMs: 1_000 });
  handIn(2);
  await turn();
  t.is(flights[0]!.request.timeoutMs, 1_000);
  await flights[0]!.answer(retry('no answer', { timedOut: true, overloaded: true }));
  advance(5_000);
  await turn();
  t.is(flights[1]!.request.timeoutMs, 2_000);
  t.like(account(), { resent: 2, pending: 2 });
});

test('while a key is refused all is kept, with the reason in the account; a success takes it out again', async (t) => {
  const { handIn, turn, flights, advance, account, store } = sending();
  handIn(1);
  await turn();
  const flushed = store.flushed(60_000);
  await flights[0]!.answer({ type: 'held', reason: 'HTTP status 401' });
  t.false(await flushed, 'nobody is kept waiting for what has to be mended first');
  t.like(account(), { held: 'HTTP status 401', pending: 1 });
  advance(5_000);
  await turn();
  await flights[1]!.answer(ACCEPTED);
  t.is(account().held, undefined);
});

test('a request that is too large is sent again in halves', async (t) => {
  const { handIn, turn, flights, account } = sending();
  handIn(4);
  await turn();
  await flights[0]!.answer({ type: 'too-large', reason: 'HTTP status 413' });
  await turn();
  const sizes = () => flights.map(({ request }) => namesIn(Buffer.concat(request.chunks)).length);
  t.deepEqual(sizes(), [4, 2]);
  await flights[1]!.answer(ACCEPTED);
  await turn();
  t.deepEqual(sizes(), [4, 2, 2]);
  await flights[2]!.answer(ACCEPTED);
  t.like(account(), { exported: 4, pending: 0 });
});

test('each signal has requests of its own', async (t) => {
  const { handIn, turn, flights } = sending();
  handIn(1);
  handIn(1, 'logs');
  handIn(1);
  for (let i = 0; i < 3; i++) {
    await turn();
    await flights[i]!.answer(ACCEPTED);
  }
  t.deepEqual(
    flights.map(({ request }) => request.signal),
    ['traces', 'logs', 'traces'],
  );
});

test('a record may wait for others to share its request; much of it, and a flush, wait for none', async (t) => {
  const { handIn, turn, flights, advance, sender } = sending({ lingerMs: 1_000 });
  handIn(1);
  await turn();
  t.is(flights.length, 0);
  advance(1_000);
  await turn();
  t.is(flights.length, 1);
  await flights[0]!.answer(ACCEPTED);
  handIn(1);
  sender.hurry();
  await turn();
  t.is(flights.length, 2);
  await flights[1]!.answer(ACCEPTED);
  handIn(3_000);
  await turn();
  t.is(flights.length, 3);
});

test('at rest nothing is begun any more; after the close no answer changes anything', async (t) => {
  const { handIn, turn, flights, sender, closed, timers } = sending();
  handIn(1);
  await turn();
  sender.rest();
  await flights[0]!.answer(retry('gone'));
  sender.hurry();
  await turn();
  t.is(flights.length, 1);
  sender.close();
  handIn(1);
  await turn();
  t.deepEqual([flights.length, closed, timers.size], [1, [1], 0]);
});

test('a connection that cannot be made is a collector that cannot be reached', async (t) => {
  const { handIn, turn, flights, advance, warned, account, breakConnect } = sending();
  breakConnect(true);
  handIn(1);
  await turn();
  await settle();
  t.true(warned[0]?.includes('the certificate cannot be read'));
  t.like(account(), { pending: 1 });
  breakConnect(false);
  advance(500);
  await turn();
  await flights[0]!.answer(ACCEPTED);
  t.like(account(), { exported: 1 });
});

test('what is given up while it is under way is not counted twice by its answer', async (t) => {
  const { handIn, turn, flights, store, account } = sending();
  handIn(2);
  await turn();
  store.drainSync();
  t.like(account(), { pending: 0, dropped: { expired: 2 } });
  await flights[0]!.answer(ACCEPTED);
  t.like(account(), { exported: 0 });
  t.is(balance(account()), 0);
});
