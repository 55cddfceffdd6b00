import { Writable } from 'node:stream';
import test, { type ExecutionContext } from 'ava';
import { openTarget } from '../../../src/worker/access-log/target.js';

const ROOM = 1_048_576;
/** One line of so many bytes. */
const line = (bytes: number, letter = 'x') => Buffer.from(`${letter.repeat(bytes - 1)}\n`);

/**
 * The access log on a stdout that cannot be opened anew, as that of this process is, a socket of its parent: the stream takes
 * what is written when the test reads.
 */
function onStream(t: ExecutionContext) {
  const taken: string[] = [];
  const waiting: (() => void)[] = [];
  const stream = new Writable({
    decodeStrings: false,
    write: (chunk, _encoding, done) => {
      taken.push(String(chunk));
      waiting.push(done);
    },
  });
  const before = Object.getOwnPropertyDescriptor(process, 'stdout') ?? {};
  Object.defineProperty(process, 'stdout', { ...before, get: () => stream });
  t.teardown(() => Object.defineProperty(process, 'stdout', before));
  const told: string[] = [];
  const target = openTarget('-', {
    gap: (lines, why) => {
      told.push(why);
      return `<${lines}>\n`;
    },
    onProblem: (problem) => told.push(problem),
    onMended: (dropped) => told.push(String(dropped)),
  });
  /** Reads all that waits. */
  const read = async () => {
    for (let done = waiting.shift(); done; done = waiting.shift()) {
      done();
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return { target, taken, told, read };
}

test.serial('lines go the way of all output, and the buffer is its owner’s again at once', async (t) => {
  const { target, taken, told, read } = onStream(t);
  target.write(Buffer.from('one\n'));
  const buffer = Buffer.from('two\nthree\n');
  target.write(buffer);
  buffer.fill('!');
  await read();
  t.deepEqual([taken, told], [['one\n', 'two\nthree\n'], []]);
});

test.serial(
  'what nobody reads is dropped behind 1 MiB, and its lines are counted where they are missing',
  async (t) => {
    const { target, taken, told, read } = onStream(t);
    target.write(line(ROOM / 2, 'a'));
    target.write(line(ROOM / 2, 'b'));
    target.write(Buffer.from('c\nd\n'));
    target.write(Buffer.from('e\n'));
    t.is(told.length, 0, 'nothing is said while nobody reads');
    await read();
    target.write(Buffer.from('f\n'));
    target.write(Buffer.from('g\n'));
    await read();
    t.deepEqual(
      taken.map((text) => (text.length > 10 ? text[0] : text)),
      ['a', 'b', '<3>\n', 'f\n', 'g\n'],
    );
    t.is(told.length, 1);
  },
);

test.serial(
  'a shorter line that still has room is taken, behind the note of the longer one that had none',
  async (t) => {
    const { target, taken, read } = onStream(t);
    target.write(line(ROOM - 10, 'a'));
    target.write(line(11, 'b'));
    target.write(Buffer.from('c\n'));
    await read();
    t.deepEqual(taken.slice(1), ['<1>\n', 'c\n']);
  },
);

test.serial('a rotation is none of its business, and the end waits for stdout as such and not for it', (t) => {
  const { target, taken } = onStream(t);
  target.write(line(100));
  target.reopen();
  t.false(target.settle());
  target.write(Buffer.from('behind\n'));
  t.is(taken.length, 1, 'the second waits in the stream');
});
