import { join } from 'node:path';
import test from 'ava';
import { onLinux } from '../helpers/linux.js';
import { root, runNode } from '../helpers/run-node.js';

const PATCH = join(root, 'dist/src/worker/node-internals/low-descriptors.js');

/** What a program prints into its stderr that has closed descriptor 1 in this way, then opens a file and waits a turn. */
async function afterClosing(close: string) {
  const program = `
    import fs from 'node:fs';
    import { closeSync } from 'node:fs';
    import { keepLowDescriptors } from ${JSON.stringify(PATCH)};
    keepLowDescriptors();
    ${close}
    await new Promise((resolve) => setImmediate(resolve));
    console.error(JSON.stringify({ stdout: fs.readlinkSync('/proc/self/fd/1'), next: fs.openSync('/dev/zero') > 2 }));`;
  const { code, stderr } = await runNode(['--input-type=module', '-e', program]).done;
  return { code, ...JSON.parse(stderr) };
}

const HELD = { code: 0, stdout: '/dev/null', next: true };

for (const [what, close] of [
  ['closeSync', 'fs.closeSync(1);'],
  ['a named import', 'closeSync(1);'],
  [
    'close with a callback',
    'await new Promise((resolve, reject) => fs.close(1, (error) => error ? reject(error) : resolve()));',
  ],
  ['close without one', 'fs.close(1);'],
  [
    'a stream over it that ends',
    "await new Promise((r) => fs.createWriteStream('', { fd: 1 }).on('close', r).end('last'));",
  ],
  [
    'closeSync, and an await in which something is opened',
    "await (async () => fs.closeSync(1))(); fs.openSync('/dev/full', 'r');",
  ],
  ['closeSync, and stdin with it', 'for (const fd of [0, 1]) fs.closeSync(fd);'],
] as const) {
  test(`stdout is closed by ${what}: its number is given to nothing else`, async (t) => {
    if (!onLinux(t, '/proc')) return;
    t.deepEqual(await afterClosing(close), HELD);
  });
}

test('who opens a file right after has it as stdout', async (t) => {
  if (!onLinux(t, '/proc')) return;
  const { stdout } = await afterClosing("fs.closeSync(1); fs.openSync('/dev/zero', 'r+');");
  t.is(stdout, '/dev/zero');
});

test('other descriptors, and what is wrong, are as Node has them', async (t) => {
  const program = `
    import fs from 'node:fs';
    import { keepLowDescriptors } from ${JSON.stringify(PATCH)};
    const codes = async () => {
      const codes = [];
      for (const wrong of [() => fs.closeSync('1'), () => fs.closeSync(999), () => fs.close(1, 'no'), () => fs.close({})]) {
        try { wrong(); codes.push('none'); } catch (error) { codes.push(error.code); }
      }
      codes.push(await new Promise((resolve) => fs.close(999, (error) => resolve(error.code))));
      return codes.join();
    };
    const before = await codes();
    keepLowDescriptors();
    const fd = fs.openSync('/dev/null');
    fs.closeSync(fd);
    console.log(JSON.stringify({ before, after: await codes(), free: fs.openSync('/dev/null') === fd, length: fs.close.length }));`;
  const { stdout } = await runNode(['--input-type=module', '-e', program]).done;
  const { before, after, free, length } = JSON.parse(stdout);
  t.is(after, before);
  t.deepEqual([free, length], [true, 1]);
});
