import test from 'ava';
import { createIdGenerator } from '../../src/telemetry/ids.js';

test('ids have the form of W3C Trace Context and none comes twice', (t) => {
  const ids = createIdGenerator('random');
  const traces = Array.from({ length: 20_000 }, () => ids.generateTraceId());
  const spans = Array.from({ length: 20_000 }, () => ids.generateSpanId());
  t.is(new Set(traces).size, traces.length);
  t.is(new Set(spans).size, spans.length);
  t.deepEqual(
    [...traces, ...spans].filter((id) => !/^(?:[0-9a-f]{32}|[0-9a-f]{16})$/.test(id)),
    [],
  );
  t.true(traces.every((id) => id.length === 32));
});

test('every bit of an id is random: each is set in about half of them', (t) => {
  const ids = createIdGenerator('random');
  const set = new Array<number>(128).fill(0);
  for (let i = 0; i < 4_000; i++) {
    const value = BigInt(`0x${ids.generateTraceId()}`);
    for (let bit = 0; bit < 128; bit++) if ((value >> BigInt(bit)) & 1n) set[bit]! += 1;
  }
  // Eight standard deviations: once in more than 10^12 runs.
  t.deepEqual(
    set.filter((count) => Math.abs(count - 2_000) > 253),
    [],
  );
});

test('a trace id for X-Ray begins with the time in seconds', (t) => {
  const before = Math.floor(Date.now() / 1000);
  const id = createIdGenerator('xray').generateTraceId();
  const seconds = Number.parseInt(id.slice(0, 8), 16);
  t.regex(id, /^[0-9a-f]{32}$/);
  t.true(seconds >= before && seconds <= Date.now() / 1000);
});

test('a trace id that is made for a word has that word, and every bit of it is random', (t) => {
  const ids = createIdGenerator('random');
  const set = new Array<number>(128).fill(0);
  for (let i = 0; i < 4_000; i++) {
    const word = ids.randomWord();
    const id = ids.traceIdOf(word);
    t.regex(id, /^[0-9a-f]{32}$/);
    const words = [0, 8, 16, 24].map((at) => Number.parseInt(id.slice(at, at + 8), 16));
    t.is(words.reduce((all, one) => all ^ one, 0) >>> 0, word);
    const value = BigInt(`0x${id}`);
    for (let bit = 0; bit < 128; bit++) if ((value >> BigInt(bit)) & 1n) set[bit]! += 1;
  }
  t.deepEqual(
    set.filter((count) => Math.abs(count - 2_000) > 253),
    [],
  );
});

test('a word is 32 bits without a sign, and each of them is random', (t) => {
  const ids = createIdGenerator('random');
  const set = new Array<number>(32).fill(0);
  for (let i = 0; i < 10_000; i++) {
    const word = ids.randomWord();
    if (!Number.isInteger(word) || word < 0 || word >= 2 ** 32) return t.fail(String(word));
    for (let bit = 0; bit < 32; bit++) set[bit]! += (word >>> bit) & 1;
  }
  t.deepEqual(
    set.filter((count) => Math.abs(count - 5_000) > 400),
    [],
  );
});
