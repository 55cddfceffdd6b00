// `npm run watch [-- test files]`: compiles at each change, and runs tests when it compiles. Without names those of the core.
import { spawn } from 'node:child_process';

const COMPILED = /Found (\d+) errors?/;
const tests =
  process.argv.length > 2 ? process.argv.slice(2) : ['dist/test/core/!(properties|injections|stuck).test.js'];

const compiler = spawn('node_modules/.bin/tsc', ['--watch', '--preserveWatchOutput'], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
let running;
compiler.stdout.setEncoding('utf8').on('data', (text) => {
  process.stdout.write(text);
  const [, errors] = COMPILED.exec(text) ?? [];
  if (errors === '0') run();
});
compiler.once('exit', (code) => process.exit(code ?? 1));
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => compiler.kill());

/** The tests of a change before it are of no interest any more. */
function run() {
  running?.kill();
  const begun = performance.now();
  const ava = spawn('node_modules/.bin/ava', tests, { stdio: ['ignore', 'inherit', 'inherit'] });
  running = ava;
  ava.once('exit', (code, signal) => {
    if (signal) return;
    console.log(
      `${code === 0 ? 'passed' : 'FAILED'} in ${((performance.now() - begun) / 1_000).toFixed(1)} s; waiting for changes`,
    );
  });
}
