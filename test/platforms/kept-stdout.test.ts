import test from 'ava';
import { KeptStdout } from '../../src/platforms/pm2/launcher/kept-stdout.js';
import { serveStdout } from '../../src/platforms/pm2/launcher/serve-stdout.js';
import { createStdoutLink } from '../../src/platforms/pm2/launcher/stdout-link.js';

const bytes = (text: string) => Buffer.from(text);

test('stdout of an app is kept as it came, and is lines when somebody reads it, however it was cut', (t) => {
  let now = 1;
  const stdout = new KeptStdout(() => now);
  const euro = bytes('€ two\n');
  for (const piece of [bytes('on'), bytes('e\n'), euro.subarray(0, 1), euro.subarray(1), bytes('begun')]) {
    stdout.write(piece);
    now += 1;
  }
  const reader = stdout.read();
  t.deepEqual(reader.kept, [
    [2, 'one'],
    [4, '€ two'],
  ]);
  t.deepEqual(reader.take({ at: 9, bytes: bytes(' and ended\nnext\n') }), [
    [9, 'begun and ended'],
    [9, 'next'],
  ]);
  t.deepEqual(stdout.read().kept, reader.kept);
});

test('what is kept has a limit in bytes, in pieces and in lines, and begins with a whole line', (t) => {
  const large = new KeptStdout(() => 0);
  for (let i = 0; i < 40; i += 1) large.write(bytes(`${'x'.repeat(65_000)}\n${i}:`));
  const { kept } = large.read();
  t.true(kept.length >= 8 && kept.length <= 17, `${kept.length}`);
  t.is(kept.at(-1)?.[1].length, 4_096);
  t.true(kept.at(-1)?.[1].startsWith('38:'));
  t.regex(kept[0]?.[1] ?? '', /^\d+:x/);
  const small = new KeptStdout(() => 0);
  for (let i = 0; i < 10_000; i += 1) small.write(bytes(`${i}\n`));
  t.deepEqual(
    small.read().kept.map(([, text]) => text),
    Array.from({ length: 1_000 }, (_, i) => String(9_000 + i)),
  );
});

test('pieces that are left out are counted as lines, each once, and the rest of a line is none', (t) => {
  const stdout = new KeptStdout(() => 0);
  stdout.write(bytes('a\nbeg'));
  const reader = stdout.read();
  const skipped = ['un\nc\nd', 'd', 'd\ne\nf'].map((text) => reader.skip({ at: 0, bytes: bytes(text) }));
  t.deepEqual(skipped, [3, 0, 2]);
  t.deepEqual(reader.take({ at: 0, bytes: bytes('f\ng\n') }), [[0, 'g']]);
});

/** A launcher and its supervisor without processes; what is sent waits until `deliver`. */
function linked() {
  const kept = new KeptStdout(() => 7);
  const toSupervisor: { message: object; onSent: () => void }[] = [];
  let toLauncher: (message: unknown) => void = () => undefined;
  const child = {
    connected: true,
    on: (_: string, callback: (message: unknown) => void) => {
      toLauncher = callback;
    },
    once: () => undefined,
    send: (message: object, onSent: () => void) => void toSupervisor.push({ message, onSent }),
  };
  serveStdout(child as never, kept);
  return {
    kept,
    ask: (message: unknown) => toLauncher(message),
    deliver: () => {
      const sent = toSupervisor.splice(0);
      for (const { onSent } of sent) onSent();
      return sent.map(({ message }) => message as { kept?: unknown[]; lines?: unknown[]; missed?: number });
    },
  };
}

test('a reader that does not take its lines misses some, counted; the app is read on, and others lose none', (t) => {
  const { kept, ask, deliver } = linked();
  kept.write(bytes('before\n'));
  ask({ 'kf-cluster:read-stdout': 1, follow: true });
  t.deepEqual(deliver()[0]?.kept, [[7, 'before']]);
  const line = `${'x'.repeat(99)}\n`;
  for (let i = 0; i < 3_000; i += 1) kept.write(bytes(line.repeat(10)));
  const sent = deliver();
  const arrived = sent.reduce((sum, { lines = [] }) => sum + lines.length, 0);
  t.true(arrived * 100 > 1_048_576 && arrived < 11_000, `${arrived}`);
  // Also when nothing comes after it.
  const [gap] = deliver();
  t.is(arrived + (gap?.missed ?? 0), 30_000);
  ask({ 'kf-cluster:leave-stdout': 1 });
  kept.write(bytes('after\n'));
  t.deepEqual(deliver(), []);
});

test.serial(
  'a supervisor whose launcher does not answer says so, once, and shows what comes late all the same',
  async (t) => {
    const open = createStdoutLink();
    const heard: unknown[] = [];
    await new Promise<void>((resolve) => {
      const leave = open(true, {
        onKept: (lines) => {
          heard.push(lines);
          process.emit('message', { 'kf-cluster:stdout': 1, kept: [[1, 'old']] }, undefined);
          process.emit('message', { 'kf-cluster:stdout': 1, lines: [[2, 'new']], missed: 3 }, undefined);
          process.emit('message', { 'kf-cluster:stdout': 2, lines: [[2, 'of another']], missed: 0 }, undefined);
          leave();
          process.emit('message', { 'kf-cluster:stdout': 1, lines: [[3, 'gone']], missed: 0 }, undefined);
          resolve();
        },
        onLines: (lines, missed) => heard.push([lines.map(({ text }) => text), missed]),
      });
    });
    t.deepEqual(heard, [undefined, [['new'], 3]]);
  },
);
