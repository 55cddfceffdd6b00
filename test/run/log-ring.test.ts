import test from 'ava';
import { createRing } from '../../src/run/log-ring.js';

test('lines are put together from chunks, each stream by itself', (t) => {
  const ring = createRing(() => 7);
  const [first, second] = [ring.worker(0, 'stderr'), ring.worker(1, 'stderr')];
  first.write(Buffer.from('one\ntw'));
  second.write(Buffer.from('other\n'));
  first.write(Buffer.from('o\n'));
  ring.own('[kf-cluster] ready\n');
  t.deepEqual(
    ring.lines().map(({ seq, at, slot, stream, text }) => [seq, at, slot, stream, text]),
    [
      [1, 7, 0, 'stderr', 'one'],
      [2, 7, 1, 'stderr', 'other'],
      [3, 7, 0, 'stderr', 'two'],
      [4, 7, undefined, 'log', '[kf-cluster] ready'],
    ],
  );
});

test('only the last thousand lines are kept, and only the beginning of a very long one', (t) => {
  const ring = createRing();
  for (let i = 1; i <= 5_432; i++) ring.own(`${i}`);
  t.is(ring.lines().length, 1_000);
  t.is(ring.lines()[0]!.text, '4433');
  ring.own('x'.repeat(10_000));
  t.is(ring.lines().at(-1)!.text.length, 4_096);
});

test('followers hear new lines until they leave', (t) => {
  const ring = createRing();
  const heard: string[] = [];
  const leave = ring.follow(({ text }) => void heard.push(text));
  ring.own('a');
  leave();
  ring.own('b');
  t.deepEqual(heard, ['a']);
});

test('of a line that never ends no more is kept than of one that does: its last chunk costs no more than its first', (t) => {
  const ring = createRing();
  // 80 MB: with all of it kept, each chunk would be looked for line ends together with what came before.
  const chunk = Buffer.from('.'.repeat(4_000));
  const { write } = ring.worker(0, 'stdout');
  for (let i = 0; i < 20_000; i++) write(chunk);
  write(Buffer.from('!\nnext\n'));
  t.deepEqual(
    ring.lines().map(({ text }) => [text.length, text.at(-1)]),
    [
      [4_096, '.'],
      [4, 't'],
    ],
  );
});

test('a character that stands in two chunks stays whole, each stream of each slot by itself', (t) => {
  const ring = createRing();
  const [front, back] = [Buffer.from('é\n').subarray(0, 1), Buffer.from('é\n').subarray(1)];
  const streams = ['stdout', 'stderr'] as const;
  const pipes = [0, 1].flatMap((slot) => streams.map((stream) => ring.worker(slot, stream)));
  for (const pipe of pipes) pipe.write(front);
  for (const pipe of pipes) pipe.write(back);
  t.deepEqual(
    ring.lines().map(({ text }) => text),
    ['é', 'é', 'é', 'é'],
  );
});

test('what followers missed is counted together', (t) => {
  const ring = createRing();
  ring.miss(2, 20);
  ring.miss(1, 5);
  t.deepEqual(ring.missed(), { lines: 3, bytes: 25 });
});

test('two processes of one slot do not continue each other, and the last line of one needs no end', (t) => {
  const ring = createRing();
  const [old, successor] = [ring.worker(0, 'stderr'), ring.worker(0, 'stderr')];
  old.write(Buffer.from('last wor'));
  successor.write(Buffer.from('first '));
  old.write(Buffer.concat([Buffer.from('ds '), Buffer.from('é').subarray(0, 1)]));
  old.end();
  successor.write(Buffer.from('words\n'));
  successor.end();
  t.deepEqual(
    ring.lines().map(({ text }) => text),
    ['last words \ufffd', 'first words'],
  );
});
