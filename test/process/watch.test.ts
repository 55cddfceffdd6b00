import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { kfCluster } from '../helpers/cluster.js';
import { get } from '../helpers/http.js';
import { tree } from '../helpers/tree.js';

const app = (answer: string) => `
require('node:http').createServer((_request, response) => response.end(require('./lib/answer.cjs')))
  .listen(process.env.PORT ?? 0, '127.0.0.1', function () { console.log('listening ' + this.address().port); });
// ${answer}`;

async function watched(t: ExecutionContext, flags: readonly string[] = [], text = app('')) {
  const cwd = tree(t, { 'app.cjs': text, 'lib/answer.cjs': 'module.exports = "one"', 'package.json': '{}' });
  const args = ['start', 'app.cjs', '-w', '1', '--no-telemetry', '--watch', '--watch-delay', '20ms'];
  const cluster = kfCluster(t, [...args, ...flags], { cwd });
  await cluster.line(/watching /);
  const write = (file: string, what: string) => writeFileSync(join(cwd, file), what);
  return { cluster, write };
}

test('a change reloads without a gap; one that breaks the app leaves the old generation serving', async (t) => {
  const { cluster, write } = await watched(t);
  const [, port = ''] = await cluster.line(/listening (\d+)/);
  await cluster.line(/ready: 1 worker/);
  write('lib/answer.cjs', 'module.exports = "two"');
  await cluster.line(/reload: lib\/answer\.cjs has changed/);
  await cluster.line(/generation 2 serves/);
  t.is((await get(port)).body, 'two');
  write('app.cjs', 'syntax error here');
  await cluster.line(/generation 3 failed in slot 0, the old one keeps serving/);
  t.is((await get(port)).body, 'two');
  write('app.cjs', app('mended'));
  await cluster.line(/generation 4 serves/);
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
});

test('an app that cannot start waits for the change that mends it', async (t) => {
  const { cluster, write } = await watched(t, [], 'throw new Error("not yet")');
  await cluster.line(/error FIRST_GENERATION_FAILED/);
  await cluster.line(/no worker runs; waiting/);
  write('app.cjs', app('mended'));
  await cluster.line(/generation \d+ serves/);
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
});

test('changes during a reload cause one more', async (t) => {
  const { cluster, write } = await watched(t, [
    '--canary-time',
    '300ms',
    '--watch-path',
    'lib',
    '--watch-path',
    'app.cjs',
  ]);
  await cluster.line(/ready: 1 worker/);
  write('lib/answer.cjs', 'module.exports = "two"');
  await cluster.line(/generation 2 starts/);
  write('lib/answer.cjs', 'module.exports = "three"');
  await cluster.line(/generation 3 serves/);
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
});
