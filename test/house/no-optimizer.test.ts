import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import test from 'ava';

/** Says which function V8 has optimized, one in a line. */
const TRACE = ['--trace-opt', '--trace-file-names'];
const OPTIMIZED = /completed optimizing .*JSFunction ([^<>]*) ?<([^<>]*dist\/bundle[^<>]*)>/g;

// V8's optimizing compiler is 3 MB of the binary: a loop that makes a table when a bundle is loaded keeps it in the memory of
// each worker, though nothing else that an idle worker does is optimized.
for (const file of ['telemetry.cjs', 'worker-run.cjs', 'plain-worker.cjs', 'primary.cjs']) {
  test(`${file} is loaded without anything in it being optimized`, (t) => {
    const url = `file://${join(process.cwd(), 'dist/bundle', file)}`;
    const program = `import(${JSON.stringify(url)}).then(() => setTimeout(() => process.exit(), 200))`;
    const said = execFileSync(process.execPath, [...TRACE, '-e', program], { encoding: 'utf8' });
    t.deepEqual(
      [...said.matchAll(OPTIMIZED)].map(([, name, where]) => `${name} of ${where}`),
      [],
    );
  });
}
