import { existsSync, mkdirSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { probeInstrumentations } from '../../src/diagnose/bootstrap/instrumentation-probe.js';
import { privateDir } from '../helpers/cluster.js';

/** A folder with these packages: each name with what its index.js holds. */
function installed(t: ExecutionContext, packages: Readonly<Record<string, string>>) {
  const dir = privateDir(t);
  writeFileSync(join(dir, 'package.json'), '{}');
  for (const [name, code] of Object.entries(packages)) {
    mkdirSync(join(dir, 'node_modules', name), { recursive: true });
    writeFileSync(join(dir, 'node_modules', name, 'index.js'), code);
  }
  return { dir, packages: Object.keys(packages), imports: false };
}

test('of each package there is an answer: also of one that never ends to load, and of those behind it', async (t) => {
  const hangs = 'require("node:fs").writeFileSync("hanging", ""); for (;;);';
  const task = installed(t, { first: '', throws: 'throw new Error("half installed")', hangs, last: '' });
  const end = new AbortController();
  const watcher = watch(task.dir, () => existsSync(join(task.dir, 'hanging')) && end.abort());
  t.teardown(() => watcher.close());
  const found = await probeInstrumentations(task, end.signal);
  t.deepEqual(
    found.map((one) => [one.package, one.error, one.unknown]),
    [
      ['first', undefined, undefined],
      ['throws', 'half installed', undefined],
      ['hangs', undefined, 'it was not loaded within 30 s'],
      ['last', undefined, 'hangs stands before it, and it was not loaded within 30 s'],
    ],
  );
});

test('one that ends the process that loads it says with what', async (t) => {
  const exits = await probeInstrumentations(installed(t, { exits: 'process.exit(4)' }));
  t.is(exits[0]!.unknown, 'it ended the process that loads it (4)');
  const killed = await probeInstrumentations(installed(t, { kills: 'process.kill(process.pid, "SIGKILL")' }));
  t.is(killed[0]!.unknown, 'it ended the process that loads it (SIGKILL)');
});
