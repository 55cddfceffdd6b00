import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { session } from '../helpers/control.js';
import { get } from '../helpers/http.js';
import '../helpers/json-log.js';
import { tree } from '../helpers/tree.js';

/** From the moment `broken` exists only slot 0 of generation 2 starts. */
const APP = `
const { existsSync } = require('node:fs');
const { KF_WORKER_SLOT: slot, KF_WORKER_GENERATION: generation, PORT } = process.env;
if (existsSync(__dirname + '/broken') && (slot !== '0' || generation !== '2')) throw new Error('the disk is full');
require('node:http').createServer((_, response) => response.end(generation)).listen(PORT ?? 0, '127.0.0.1', function () {
  console.log('listening ' + this.address().port);
});
`;

test('a reload that finds no way back ends with the state, and a good one mends it', async (t) => {
  const { start, run } = session(t);
  const dir = tree(t, { 'app.cjs': APP });
  const cluster = start(['start', join(dir, 'app.cjs'), '-w', '2', '--no-telemetry', '--canary-time', '0']);
  const [, port = ''] = await cluster.line(/^listening (\d+)/);
  await cluster.ready(2);

  writeFileSync(join(dir, 'broken'), '');
  const bad = await run('reload');
  t.is(bad.code, 1);
  t.regex(bad.stderr, /slot 1 ended \(boot-failed\); generation 1 does not start any more in slot 0 \(boot-failed\)/);
  t.regex(bad.stderr, /the disk is full/);
  t.regex((await get(port)).body, /^[12]$/);
  t.is((await run('scale', '3')).code, 75);

  writeFileSync(join(dir, 'app.cjs'), APP.replace('/broken', '/not-there'));
  const good = await run('reload');
  t.is(good.code, 0, good.stderr);
  t.is((await get(port)).body, '3');
  const { phase, workers } = JSON.parse((await run('status', '--json')).stdout);
  t.is(phase, 'running');
  t.deepEqual(
    workers.map((one: { generation: number; phase: string }) => [one.generation, one.phase]),
    [
      [3, 'ready'],
      [3, 'ready'],
    ],
  );
});
