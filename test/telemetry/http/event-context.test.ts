import { EventEmitter, once } from 'node:events';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { isDeepStrictEqual } from 'node:util';
import { context, createContextKey, ROOT_CONTEXT } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import test from 'ava';
import fc from 'fast-check';
import { lookAtTable } from '../../../src/telemetry/http/enter-context.js';
import { carry, patchListeners } from '../../../src/telemetry/http/event-context.js';

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
lookAtTable();
patchListeners();
patchListeners(); // a second instrumentation does
const KEY = createContextKey('which');
const OF_REQUEST = ROOT_CONTEXT.setValue(KEY, 'request');

interface Pair {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

function exchange(carried: boolean): Pair {
  const request = new IncomingMessage(new Socket());
  const response = new ServerResponse(request);
  if (carried) carry(request, response, OF_REQUEST);
  return { request, response };
}

const active = () => context.active().getValue(KEY);

type Way = 'on' | 'addListener' | 'prependListener' | 'once' | 'prependOnceListener';
const WAYS: readonly Way[] = ['on', 'addListener', 'prependListener', 'once', 'prependOnceListener'];
type Step =
  | { readonly do: 'add'; readonly way: Way; readonly event: string; readonly which: number }
  | { readonly do: 'off' | 'emit'; readonly event: string; readonly which: number }
  | { readonly do: 'all'; readonly event: string };

const event = fc.constantFrom('a', 'b');
const which = fc.nat(3);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('add' as const), way: fc.constantFrom(...WAYS), event, which }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('off' as const, 'emit' as const), event, which }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('all' as const), event }) },
);

interface Numbered {
  readonly number?: number;
  readonly listener?: Numbered;
}

/** What is seen of an emitter while these steps are done: calls, their `this`, arguments, and what it says of its listeners. */
function seen(emitter: ServerResponse, steps: readonly Step[]): unknown[] {
  const log: unknown[] = [];
  const listeners = [0, 1, 2, 3].map((number) =>
    Object.assign(
      function (this: unknown, ...args: unknown[]) {
        log.push(['call', number, this === emitter, args]);
        // One takes another away while an event goes round, one itself.
        if (number === 1) emitter.off('a', listeners[2] ?? fail);
        if (number === 3) emitter.off('b', listeners[3] ?? fail);
      },
      { number },
    ),
  );
  // `removeAllListeners` names what it removes as it was kept: of `once` a wrapper too.
  const numberOf = (one: Numbered & object): unknown => one.number ?? (one.listener && numberOf(one.listener));
  const numbers = (all: readonly object[]) => all.map(numberOf);
  emitter.on('newListener', (name, listener) => log.push(['new', name, numbers([listener])]));
  emitter.on('removeListener', (name, listener) => log.push(['gone', name, numbers([listener])]));
  for (const one of steps) {
    if (one.do === 'add') emitter[one.way](one.event, listeners[one.which] ?? fail);
    else if (one.do === 'off') emitter.off(one.event, listeners[one.which] ?? fail);
    else if (one.do === 'emit') log.push(emitter.emit(one.event, ...Array.from({ length: one.which }, (_, i) => i)));
    else emitter.removeAllListeners(one.event);
    const all = emitter.listeners(one.event);
    log.push([numbers(all), emitter.listenerCount(one.event), emitter.rawListeners(one.event).length]);
    log.push(listeners.map((listener) => emitter.listenerCount(one.event, listener)));
  }
  return log;
}

function fail(): never {
  throw new Error('there is no such listener');
}

test('whatever is done with listeners, it is as without a context', (t) => {
  const check = () =>
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) =>
        isDeepStrictEqual(seen(exchange(true).response, steps), seen(exchange(false).response, steps)),
      ),
      { numRuns: 500 },
    );
  t.notThrows(check);
});

for (const way of WAYS) {
  test(`a listener added by ${way} runs in the context of its request, wherever the event comes from`, (t) => {
    const { request, response } = exchange(true);
    for (const emitter of [request, response]) {
      let inside: unknown;
      emitter[way]('x', () => {
        inside = active();
      });
      context.with(ROOT_CONTEXT.setValue(KEY, 'another'), () => emitter.emit('x'));
      t.is(inside, 'request');
      t.is(active(), undefined);
    }
  });
}

test('a request that carries none leaves its listeners where the event comes from', (t) => {
  const { request } = exchange(false);
  request.on('x', () => t.is(active(), 'another'));
  context.with(ROOT_CONTEXT.setValue(KEY, 'another'), () => request.emit('x'));
  t.plan(1);
});

test('once goes by the way that middleware has put in the place of on, as Node does it', (t) => {
  const seen = (carried: boolean) => {
    const { response } = exchange(carried);
    const compressed = new EventEmitter();
    const { on } = response;
    // As compression does: what fills up is its own stream, not the response.
    response.on = function (event, listener) {
      if (event !== 'drain') return on.call(this, event, listener);
      compressed.on(event, listener);
      return this;
    };
    const log: unknown[] = [];
    response.once('drain', () => log.push(['drain', active()]));
    response.on('drain', () => log.push('each'));
    response.once('close', () => log.push('close'));
    for (const event of ['drain', 'drain']) compressed.emit(event);
    for (const event of ['close', 'close', 'drain']) response.emit(event);
    return log;
  };
  t.deepEqual(seen(true), [['drain', 'request'], 'each', 'each', 'close']);
  t.deepEqual(seen(false), [['drain', undefined], 'each', 'each', 'close']);
});

test('a listener that throws throws out of emit, and one that was to run once is gone', (t) => {
  const { response } = exchange(true);
  response.once('x', () => {
    throw new RangeError('of the app');
  });
  t.throws(() => response.emit('x'), { instanceOf: RangeError, message: 'of the app' });
  t.is(response.listenerCount('x'), 0);
  t.is(active(), undefined);
});

test('what is no function is refused as Node does it', (t) => {
  for (const way of WAYS) {
    const refused = (carried: boolean) =>
      t.throws(() => exchange(carried).response[way]('x', 'text' as never), { code: 'ERR_INVALID_ARG_TYPE' })?.message;
    t.is(refused(true), refused(false));
  }
});

test("a promise that a listener returns is Node's to see", async (t) => {
  const { response } = exchange(true);
  const [returned] = [response.rawListeners('x'), response.on('x', async () => 'done')];
  t.deepEqual(returned, []);
  t.is(await Reflect.apply(response.rawListeners('x')[0] ?? fail, response, []), 'done');
});

test('what waits for an event, and a pipeline, take their listeners away again', async (t) => {
  const { response, request } = exchange(true);
  const waits = once(response, 'x');
  response.emit('x', 1, 2);
  t.deepEqual(await waits, [1, 2]);
  const stop = new AbortController();
  const given = once(request, 'never', { signal: stop.signal });
  stop.abort();
  await t.throwsAsync(given, { name: 'AbortError' });
  t.is(request.listenerCount('never'), 0);

  const plain = exchange(false).request;
  for (const source of [plain, request]) {
    source.push('a body');
    source.push(null);
    let read = '';
    await pipeline(source, async (chunks: AsyncIterable<Buffer>) => {
      for await (const chunk of chunks) read += chunk;
    });
    t.is(read, 'a body');
  }
  t.deepEqual(request.eventNames(), plain.eventNames());
});

test('Node’s own listener of an end runs without the context, by its name once: an app’s of the same name has it', (t) => {
  const { request } = exchange(true);
  const seen: unknown[] = [];
  const named = () => {
    const clearIncoming = () => seen.push(active());
    return clearIncoming;
  };
  const nodes = named();
  request.on('end', nodes).on('end', named()).on('close', nodes);
  exchange(true).request.on('end', nodes).emit('end');
  request.emit('end');
  request.emit('close');
  t.deepEqual(seen, [undefined, undefined, 'request', 'request']);
});
