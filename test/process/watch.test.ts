import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { kfCluster } from '../helpers/cluster.js';
import '../helpers/json-log.js';
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
  await cluster.event('watching');
  const write = (file: string, what: string) => writeFileSync(join(cwd, file), what);
  return { cluster, write };
}

test('a change reloads without a gap; one that breaks the app leaves the old generation serving', async (t) => {
  const { cluster, write } = await watched(t);
  const [, port = ''] = await cluster.line(/listening (\d+)/);
  await cluster.ready(1);
  write('lib/answer.cjs', 'module.exports = "two"');
  await cluster.event('file-changed', { path: 'lib/answer.cjs' });
  await cluster.event('reload-done', { generation: 2 });
  t.is((await get(port)).body, 'two');
  write('app.cjs', 'syntax error here');
  await cluster.event('reload-failed', { generation: 3, slot: 0 });
  t.is((await get(port)).body, 'two');
  write('app.cjs', app('mended'));
  await cluster.event('reload-done', { generation: 4 });
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
});

test('an app that cannot start waits for the change that mends it', async (t) => {
  const { cluster, write } = await watched(t, [], 'throw new Error("not yet")');
  await cluster.line(/error FIRST_GENERATION_FAILED/);
  await cluster.event('lingering');
  write('app.cjs', app('mended'));
  await cluster.event('reload-done');
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
  await cluster.ready(1);
  write('lib/answer.cjs', 'module.exports = "two"');
  await cluster.event('reload-started', { generation: 2 });
  write('lib/answer.cjs', 'module.exports = "three"');
  await cluster.event('reload-done', { generation: 3 });
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
});
