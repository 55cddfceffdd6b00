import test from 'ava';
import { createProgress } from '../../src/cli/progress-line.js';
import type { Screen } from '../../src/cli/screen.js';
import type { ProgressLine } from '../../src/contract/control-protocol.js';

const UP = (lines: number) => `\u001b[${lines}A`;
const ERASE = '\u001b[2K';

function play(screen: Partial<Screen>, lines: readonly ProgressLine[]): readonly string[] {
  const written: string[] = [];
  const none = Number.POSITIVE_INFINITY;
  const write = (text: string | Uint8Array) => written.push(String(text)) > 0;
  const progress = createProgress(
    'reload',
    { write },
    { columns: none, rows: none, color: false, live: false, ...screen },
  );
  for (const line of lines) progress.take(line);
  return written;
}

const forking = (slot: number): ProgressLine => ({ type: 'step', slot, step: 'forking' });
const ready = (slot: number): ProgressLine => ({ type: 'step', slot, step: 'ready', ms: 1_234 });

test('on a terminal each slot has a line that is drawn over', (t) => {
  t.deepEqual(play({ live: true, columns: 80 }, [forking(0), ready(0), forking(1)]), [
    `${ERASE}slot 0: forking\n`,
    `${UP(1)}${ERASE}slot 0: forking -> ready 1.2 s\n`,
    `${UP(1)}${ERASE}slot 0: forking -> ready 1.2 s\n${ERASE}slot 1: forking\n`,
  ]);
});

test('no line is so long that the terminal wraps it', (t) => {
  t.deepEqual(play({ live: true, columns: 24 }, [forking(0), ready(0)]), [
    `${ERASE}slot 0: forking\n`,
    `${UP(1)}${ERASE}slot 0: …-> ready 1.2 s\n`,
  ]);
});

test('the cursor never goes above the top of the terminal', (t) => {
  t.deepEqual(play({ live: true, columns: 80, rows: 3 }, [forking(0), forking(1), forking(2), ready(2)]), [
    `${ERASE}slot 0: forking\n`,
    `${UP(1)}${ERASE}slot 0: forking\n${ERASE}slot 1: forking\n`,
    `${UP(2)}${ERASE}slot 0: forking\n${ERASE}slot 1: forking\n${ERASE}slot 2: forking\n`,
    `${UP(2)}${ERASE}slot 1: forking\n${ERASE}slot 2: forking -> ready 1.2 s\n`,
  ]);
});

test('elsewhere a slot is a line when it is over, without escape sequences', (t) => {
  const over: ProgressLine = { type: 'step', slot: 0, step: 'drained', ms: 5 };
  t.deepEqual(play({}, [forking(0), ready(0), over, { type: 'done', generation: 2, ms: 20 }]), [
    'slot 0: forking -> ready 1.2 s -> old drained 5 ms\n',
    'reload: done after 20 ms\n',
  ]);
});
