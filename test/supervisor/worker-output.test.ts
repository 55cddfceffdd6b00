import test from 'ava';
import { createOutputs } from '../../src/supervisor/worker-output.js';

function collect(prefix?: (slot: number) => string, show = (text: string) => text) {
  const written: string[] = [];
  const write = (chunk: Buffer | string) => void written.push(chunk.toString());
  return {
    written,
    outputs: createOutputs({
      sink: { out: write, err: write },
      form: (slot) => prefix && { front: () => prefix(slot), show },
      timer: () => () => undefined,
    }),
  };
}

test('one worker speaks while they boot; the others are heard when they are ready', (t) => {
  const { written, outputs } = collect();
  const [first, second] = [outputs.open(0, true), outputs.open(1, true)];
  second.stderr(Buffer.from('warning: b\n'));
  first.stderr(Buffer.from('warning: a\n'));
  t.deepEqual(written, ['warning: a\n']);
  second.ready();
  second.stderr(Buffer.from('more\n'));
  t.deepEqual(written, ['warning: a\n', 'warning: b\n', 'more\n']);
});

test('the same error again is not shown again, another one is', (t) => {
  const { written, outputs } = collect();
  for (const text of ['Error at line 1, pid 10\n', 'Error at line 1, pid 11\n', 'another Error\n']) {
    const output = outputs.open(0, true);
    output.stderr(Buffer.from(text));
    output.end(true);
  }
  t.deepEqual(written, ['Error at line 1, pid 10\n', 'another Error\n']);
});

test('a worker that ends well shows what was held back, also if it was said before', (t) => {
  const { written, outputs } = collect();
  const [first, second] = [outputs.open(0, true), outputs.open(1, true)];
  for (const output of [first, second]) output.stderr(Buffer.from('bye\n'));
  second.end(false);
  t.deepEqual(written, ['bye\n', 'bye\n']);
});

test('stdout is never held back', (t) => {
  const { written, outputs } = collect();
  outputs.open(0, true);
  outputs.open(1, true).stdout(Buffer.from('out\n'));
  t.deepEqual(written, ['out\n']);
});

test('a prefix stands in front of each line, however it was cut, and characters stay whole', (t) => {
  const { written, outputs } = collect((slot) => `${slot} | `);
  const output = outputs.open(2, false);
  const bytes = Buffer.from('grün\nblau\n[kf-cluster:2] ours\n');
  for (const part of [bytes.subarray(0, 3), bytes.subarray(3, 8), bytes.subarray(8)]) output.stderr(part);
  t.is(written.join(''), '2 | grün\n2 | blau\n2 | [kf-cluster:2] ours\n');
});

test('what a worker wrote last is ended with it, so that the next one begins a line of its own', (t) => {
  const { written, outputs } = collect((slot) => `${slot} | `);
  const output = outputs.open(0, false);
  output.stdout(Buffer.from('half a line'));
  output.stderr(Buffer.from('whole\nhalf a colour \x1b[3'));
  output.end(true);
  outputs.open(0, false).stdout(Buffer.from('next\n'));
  t.is(written.join(''), '0 | half a line0 | whole\n0 | half a colour \n\x1b[3\n0 | next\n');
});

test('the last words are the end of stderr, not all of it', (t) => {
  const { outputs } = collect();
  const output = outputs.open(0, false);
  for (let line = 0; line < 2_000; line++) output.stderr(Buffer.from(`a line of some length ${line}\n`));
  t.true(output.stderrTail().endsWith('length 1999'));
  t.true(output.stderrTail().length <= 16 * 1024);
});

test('workers that fail before the speaker wait for its words, and are not shown when they are the same', (t) => {
  const { written, outputs } = collect();
  const [speaker, second, third] = [outputs.open(0, true), outputs.open(1, true), outputs.open(2, true)];
  second.stderr(Buffer.from('boom\n'));
  second.end(true);
  third.stderr(Buffer.from('something else\n'));
  third.end(true);
  t.deepEqual(written, []);
  speaker.stderr(Buffer.from('boom\n'));
  speaker.end(true);
  t.deepEqual(written, ['boom\n', 'something else\n']);
});
