import test from 'ava';
import fc from 'fast-check';
import { cut, displayWidth, flow, pad } from '../../src/cli/display-width.js';
import { createProgress } from '../../src/cli/progress-line.js';
import { PHASE_COLORS, renderStatus, STATUS_COLUMNS } from '../../src/cli/render-status.js';
import { renderWorker } from '../../src/cli/render-worker.js';
import type { Screen } from '../../src/cli/screen.js';
import { age, megabytes } from '../../src/cli/text-table.js';
import { figuresOf } from '../../src/cli/worker-figures.js';
import type { FullStatus, FullWorkerStatus, ProgressLine } from '../../src/contract/control-protocol.js';
import { byCause, NO_SPANS } from '../../src/contract/item-account.js';
import type { WorkerStats } from '../../src/contract/messages.js';
import { PHASES } from '../../src/contract/phases.js';
import { STATS } from '../helpers/worker-stats.js';

const wide = (columns: number, color = false): Screen => ({ columns, rows: 24, color, live: false });
const WHOLE = wide(Number.POSITIVE_INFINITY);

const LONG: WorkerStats = {
  ...STATS,
  ...{ requests: 1_234_567, inFlight: 12, connections: 340, loopDelayP99: 12.34, cpu: 0.987, rss: 512e6 },
  spans: { ...NO_SPANS, ended: 99, exported: 90, spooled: 4, pending: 2, dropped: { ...byCause(() => 0), late: 3 } },
};
const worker = (change: Partial<FullWorkerStatus> = {}): FullWorkerStatus => ({
  ...{ id: 3, slot: 1, generation: 2, pid: 4711, phase: 'ready', forMs: 1_000, uptimeMs: 61_000 },
  ...{ restarts: 1, lastReason: 'out-of-memory', stall: undefined, stats: LONG },
  software: { build: '1.0.0+abc', node: 'v22.1.0', script: '/srv/app.js' },
  ...change,
});
const status = (change: Partial<FullStatus> = {}): FullStatus => ({
  ...{
    name: 'shop',
    pid: 4000,
    script: '/srv/releases/2026-11-27T22-00-00/app.js',
    build: '1.0.0+abc',
    node: 'v20.19.0',
  },
  ...{ phase: 'running', leaving: false, generation: 2, target: 2, uptimeMs: 3_600_000 },
  output: { file: undefined, problem: undefined, dropped: { lines: 0, bytes: 0 } },
  connections: { moved: 0, drained: {} },
  workers: [worker(), worker({ slot: 0, phase: 'draining' })],
  ...change,
});

const titlesAt = (columns: number) =>
  renderStatus(status(), wide(columns))
    .split('\n')
    .find((line) => line.includes('SLOT'))
    ?.trim()
    .split(/ {2,}/);

test('the narrower the terminal, the fewer columns: never another one, and the last three stay', (t) => {
  let before = STATUS_COLUMNS.map(({ title }) => title);
  t.deepEqual(titlesAt(Number.POSITIVE_INFINITY), before);
  for (let columns = 250; columns >= 18; columns -= 1) {
    const now = titlesAt(columns) ?? [];
    t.deepEqual(
      now.filter((title) => !before.includes(title)),
      [],
      `${columns}`,
    );
    before = now;
  }
  t.deepEqual(before, ['SLOT', 'PID', 'PHASE']);
});

/** Whatever an app may be called, on one line. */
const name = fc.oneof(
  fc.string({ minLength: 1, maxLength: 60 }),
  fc.constantFrom('商店'.repeat(20), '👩‍👩‍👧'.repeat(9), 'é'.repeat(50)),
);

test('no line of status is wider than the terminal, whatever an app and its script are called', (t) => {
  const widths = fc.integer({ min: 40, max: 220 });
  fc.assert(
    fc.property(name, name, widths, (called, script, columns) => {
      const text = renderStatus(status({ name: called, script }), wide(columns));
      return text.split('\n').every((line) => displayWidth(line) <= columns);
    }),
  );
  t.pass();
});

test('what goes to no terminal is whole', (t) => {
  const script = `/srv/${'x'.repeat(500)}/app.js`;
  t.true(renderStatus(status({ script, name: 'n'.repeat(300) }), WHOLE).includes(`${'n'.repeat(300)}  pid 4000`));
  t.true(renderStatus(status({ script }), WHOLE).includes(script));
});

test('a phase that asks for a look has a colour, in the list and for one worker, and none without a terminal', (t) => {
  const codes: Readonly<Record<string, string>> = { green: '32', yellow: '33', red: '31' };
  for (const phase of PHASES) {
    const one = worker({ phase });
    const code = codes[PHASE_COLORS[phase] ?? ''];
    const expected = code === undefined ? phase : `\u001b[${code}m${phase}\u001b[0m`;
    t.true(renderStatus(status({ workers: [one] }), wide(200, true)).includes(expected), phase);
    t.true(renderWorker(one, wide(200, true)).includes(`${expected} for 1s`), phase);
    t.false(renderStatus(status({ workers: [one] }), wide(200)).includes('\u001b'));
  }
});

test('a held account is said in red above the table, once for each reason, with how many items wait', (t) => {
  const heldBy = (held: string) => worker({ stats: { ...LONG, spans: { ...NO_SPANS, spooled: 4, pending: 1, held } } });
  const text = renderStatus(status({ workers: [heldBy('401'), heldBy('401'), heldBy('403')] }), wide(300, true));
  t.is(text.split('TELEMETRY IS REFUSED').length, 2);
  t.true(text.includes('\u001b[31mTELEMETRY IS REFUSED: 401; 403. 15 items wait'));
});

test('logs and metrics that are refused count as spans do', (t) => {
  const spans = {
    ...NO_SPANS,
    logs: { ...NO_SPANS, spooled: 2, held: '401' },
    metrics: { ...NO_SPANS, pending: 3, held: '401' },
  };
  t.regex(renderStatus(status({ workers: [worker({ stats: { ...LONG, spans } })] }), WHOLE), /401\. 5 items wait/);
});

test('a cluster without workers has a head and an empty table', (t) => {
  const lines = renderStatus(status({ workers: [], target: 1 }), WHOLE)
    .trimEnd()
    .split('\n');
  t.regex(lines[0] ?? '', /1 worker /);
  t.regex(lines.at(-1) ?? '', /^SLOT/);
});

test('figures: what a worker does not say is a dash, in each of them', (t) => {
  const { stats: _, ...silent } = worker();
  t.deepEqual([...new Set(Object.values(figuresOf(silent)))], ['-']);
  const { spans: _spans, ...rest } = LONG;
  t.like(figuresOf(worker({ stats: rest })), { spans: '-', spansBriefly: '-', requests: '1234567' });
});

test('figures: spans whole and in brief, what was dropped only where it was', (t) => {
  t.like(figuresOf(worker()), {
    ...{ spans: '99 ended, 90 exported, 2 pending, 4 spooled, 3 dropped', spansBriefly: '99 ended, 3 dropped' },
    ...{ cpu: '98.7%', loop: '12.3 ms', rss: '488 MB' },
  });
  t.is(figuresOf(worker({ stats: { ...LONG, spans: { ...NO_SPANS, ended: 5 } } })).spansBriefly, '5 ended');
});

test('describe fits the terminal too, its values below each other', (t) => {
  const long = worker({ software: { build: '1', node: 'v24', script: '/srv/app.js', interpreter: 'python3 -u -m x' } });
  for (const columns of [30, 40, 80]) {
    const lines = renderWorker(long, wide(columns)).split('\n');
    for (const line of lines) t.true(displayWidth(line) <= Math.max(columns, 24), `${columns}: ${line}`);
  }
  const spans =
    /^spans +99 ended, \d[\s\S]*/m
      .exec(renderWorker(long, wide(40)))?.[0]
      .trimEnd()
      .split('\n') ?? [];
  t.true(spans.length > 1);
  for (const line of spans.slice(1)) t.regex(line, /^ {12}\S/);
  t.regex(renderWorker(long, WHOLE), /^interpreter python3 -u -m x$/m);
});

test('a name of a script steers no terminal in describe', (t) => {
  const software = { build: '1', node: 'v24', script: '/srv/\u001b[2J.js' };
  t.false(renderWorker(worker({ software }), WHOLE).includes('\u001b'));
  const stall = { ms: 3_000, frames: ['\u001b]0;x\u0007 (a.js:1:1)'] };
  t.false(renderWorker(worker({ stall }), WHOLE).includes('\u001b'));
});

for (const [ms, text] of [
  [undefined, '-'],
  [0, '0s'],
  [999, '0s'],
  [59_999, '59s'],
  [60_000, '1m 0s'],
  [3_599_999, '59m 59s'],
  [3_600_000, '1h 0m'],
  [86_399_999, '23h 59m'],
  [86_400_000, '1d 0h'],
  [400 * 86_400_000, '400d 0h'],
] as const) {
  test(`an age of ${ms} ms is ${text}`, (t) => t.is(age(ms), text));
}

test('bytes are shown as whole mebibytes', (t) => {
  t.deepEqual([0, 524_287, 524_288, 50e6].map(megabytes), ['0 MB', '0 MB', '1 MB', '48 MB']);
});

test('a text that is cut has the width that was asked for, at either end, and keeps that end', (t) => {
  fc.assert(
    fc.property(name, fc.integer({ min: 1, max: 30 }), fc.constantFrom('start', 'end'), (text, width, end) => {
      const short = cut(text, width, end);
      if (displayWidth(text) <= width) return short === text;
      return displayWidth(short) <= width && (end === 'end' ? short.endsWith('…') : short.startsWith('…'));
    }),
  );
  t.is(pad('ab', 4, 'right'), 'ab  ');
  t.is(pad('abcdef', 4, 'right'), 'abcdef', 'nothing is taken away');
});

test('a flow holds every part, in order, and breaks nowhere else', (t) => {
  const parts = fc.array(fc.stringMatching(/^[a-z]{1,8}$/), { maxLength: 12 });
  fc.assert(
    fc.property(parts, fc.integer({ min: 1, max: 40 }), (words, width) => {
      const text = flow(words, ' ', width);
      return (
        text.split(/[ \n]/).filter(Boolean).join() === words.join() &&
        text.split('\n').every((line) => displayWidth(line) <= Math.max(width, 8))
      );
    }),
  );
  t.is(flow([], ' ', 10), '');
});

const play = (...lines: ProgressLine[]) => {
  const written: string[] = [];
  const progress = createProgress('restart', { write: (text) => written.push(String(text)) > 0 }, WHOLE);
  for (const line of lines) progress.take(line);
  return written.join('');
};

test('a reload in lines: each step in its own words, the last of a slot with what its old worker has left', (t) => {
  const step = (slot: number) => ({ type: 'step', slot }) as const;
  t.is(
    play(
      { type: 'started', generation: 3, slots: [0] },
      { ...step(0), step: 'forking' },
      { ...step(0), step: 'ready', ms: 999.6 },
      { ...step(0), step: 'flushed', spans: 1 },
      { ...step(0), step: 'drained', ms: 12_340 },
      { ...step(1), step: 'lost', reason: 'crash' },
      { type: 'failed', error: { code: 'RELOAD_FAILED', what: 'a', why: 'b', fix: 'c' }, lastWords: '' },
    ),
    [
      'restart: generation 3, 1 slot',
      'slot 0: forking -> ready 1000 ms -> flushed 1 span -> old drained 12.3 s',
      'slot 1: lost (crash)',
      'restart: failed',
      '',
    ].join('\n'),
  );
});
