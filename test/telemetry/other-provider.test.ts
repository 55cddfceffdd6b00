import { trace } from '@opentelemetry/api';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import test from 'ava';
import type { WorkerProvider } from '../../hooks/types.js';
import { API_GLOBAL, processWide } from '../../src/contract/process-wide.js';
import {
  endWatch,
  flushOther,
  hasProvider,
  otherProvider,
  stepBackAtOnce,
  takenProvider,
  watchProvider,
} from '../../src/telemetry/other-provider.js';
import { yieldingProvider } from '../../src/telemetry/yielding-provider.js';
import { keptLog } from '../supervisor/kept-log.js';

/** A provider whose tracers say which one they are of. */
function named(name: string, more: Partial<WorkerProvider> = {}) {
  const asked: unknown[][] = [];
  const provider: WorkerProvider = {
    getTracer: ((...scope: unknown[]) => {
      asked.push(scope);
      return {
        startSpan: (span: string) => `${name}:${span}`,
        startActiveSpan: (span: string, ...rest: unknown[]) =>
          (rest.at(-1) as (span: string) => unknown)(`${name}:${span}`),
      };
    }) as unknown as WorkerProvider['getTracer'],
    ...more,
  };
  return { provider, asked };
}

test('a tracer that was handed out writes to whichever provider is there when a span starts', (t) => {
  const [ours, theirs] = [named('ours'), named('theirs')];
  let current = ours.provider;
  const tracer = yieldingProvider(ours.provider, () => current).getTracer('lib', '1.2.3', { schemaUrl: 'u' });
  t.is(String(tracer.startSpan('a')), 'ours:a');
  t.is(String(tracer.startSpan('b')), 'ours:b');
  t.is(ours.asked.length, 1, 'a provider is asked for its tracer once, not for each span');
  current = theirs.provider;
  t.is(String(tracer.startSpan('c')), 'theirs:c');
  t.deepEqual(theirs.asked, [['lib', '1.2.3', { schemaUrl: 'u' }]]);
  current = ours.provider;
  t.is(String(tracer.startSpan('d')), 'ours:d');
});

test('active spans keep what their function returns, with and without options and a context', (t) => {
  const { provider } = named('ours');
  const tracer = yieldingProvider(provider, () => provider).getTracer('lib');
  const run = (span: unknown) => `ran ${span}`;
  t.is(tracer.startActiveSpan('a', run), 'ran ours:a');
  t.is(tracer.startActiveSpan('a', {}, run), 'ran ours:a');
});

test('all else of a provider is its own, private members included', async (t) => {
  const provider = new NodeTracerProvider({});
  const yielding = yieldingProvider(provider, () => provider) as NodeTracerProvider;
  await t.notThrowsAsync(yielding.forceFlush());
  t.true(yielding instanceof NodeTracerProvider);
});

test.serial('a provider is there once somebody has registered one, however', (t) => {
  delete processWide[API_GLOBAL];
  t.false(hasProvider());
  processWide[API_GLOBAL] = { version: '1.9.0', trace: {} };
  t.false(hasProvider(), 'what cannot give a tracer is none');
  delete processWide[API_GLOBAL];
  trace.setGlobalTracerProvider(named('theirs').provider);
  t.true(hasProvider());
  trace.disable();
});

test.serial(
  'a provider beside ours is said as it happens where nobody says it later; it is not the one that is flushed',
  (t) => {
    delete processWide[API_GLOBAL];
    trace.setGlobalTracerProvider(named('ours').provider);
    const { log, lines } = keptLog();
    watchProvider(log, { yields: false, atOnce: true });
    t.false(trace.setGlobalTracerProvider(named('theirs').provider));
    t.is(otherProvider()?.taken, false);
    t.is(takenProvider(), undefined);
    t.is(lines().filter(({ event }) => event === 'other-agent').length, 1);
    endWatch();
    endWatch();
  },
);

test.serial(
  'one that takes the place of ours is flushed with its own way, until the deadline, and may fail',
  async (t) => {
    delete processWide[API_GLOBAL];
    trace.setGlobalTracerProvider(named('ours').provider);
    const { log, lines } = keptLog();
    watchProvider(log, { yields: true, atOnce: false });
    // A flush that hangs is given up by a timer that keeps no process alive.
    const alive = setInterval(() => undefined, 60_000);
    t.teardown(() => clearInterval(alive));
    let flushes = 0;
    let fails = false;
    let hangs = false;
    const forceFlush = async () => {
      flushes++;
      if (fails) throw new Error('their exporter');
      if (hangs) await new Promise(() => undefined);
    };
    const theirs = named('theirs', { forceFlush }).provider;
    t.true(trace.setGlobalTracerProvider(theirs));
    t.is(otherProvider()?.taken, true);
    t.is(takenProvider(), theirs);
    t.is(lines().filter(({ event }) => event === 'telemetry-steps-back').length, 1);
    await flushOther(performance.now() + 60_000, log);
    t.is(flushes, 1);
    hangs = true;
    await flushOther(performance.now() - 1, log);
    hangs = false;
    fails = true;
    const before = lines().length;
    await flushOther(performance.now() + 60_000, log);
    t.is(lines().length, before + 1);
    t.like(lines().at(-1), { level: 'warn', why: 'Error: their exporter' });
    endWatch();
  },
);

test('who finds a provider of a preload steps back, with a word', (t) => {
  const { log, lines } = keptLog();
  stepBackAtOnce(log);
  t.like(lines()[0], { event: 'telemetry-steps-back', level: 'info' });
});
