import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { FullStatus } from '../../src/contract/control-protocol.js';
import { fixture, NODE, watch } from '../helpers/cluster.js';
import '../helpers/json-log.js';
import { session, workDir } from '../helpers/control.js';
import { get } from '../helpers/http.js';

const PROGRAM = fixture('apps/in-code.mjs');

test('a supervisor in code is found, asked and stopped like any other; its program lives on', async (t) => {
  const { run, env } = session(t);
  const pidfile = join(workDir(t), 'shop.pid');
  const options = { name: 'shop', pidfile, adminPort: 0 };
  const program = watch(t, NODE, [PROGRAM], { env: { ...env, OPTIONS: JSON.stringify(options) }, stdin: true });
  await program.line(/^started/);
  const { port } = await program.event('health-port');
  t.is((await get(port, '/readyz')).status, 200);
  t.regex((await get(port, '/metrics')).body, /^kf_cluster_workers\{phase="ready"\} 1$/m);
  t.is(readFileSync(pidfile, 'utf8'), `${program.pid}\n`);
  const status: FullStatus = JSON.parse((await run('status', '--name', 'shop', '--json')).stdout);
  t.like(status, { name: 'shop', pid: program.pid, phase: 'running', target: 1 });
  t.is((await run('reload', '--pidfile', pidfile)).code, 0);
  await program.event('reload-done', { generation: 2 });

  const other = watch(t, NODE, [PROGRAM], { env: { ...env, OPTIONS: JSON.stringify({ name: 'shop' }) }, stdin: true });
  await other.line(new RegExp(`^rejected NAME_IN_USE: .*; process ${program.pid} runs`));

  t.is((await run('stop')).stdout, 'shop stopped\n');
  await program.line(/^exit event 0/);
  t.false(existsSync(pidfile));
  t.is((await run('status')).code, 3);
  program.process.stdin?.end();
  t.is((await program.exit).code, 0);
});

test('without control it has no socket; stop() frees its other places, and asking twice does no more', async (t) => {
  const { run, env } = session(t);
  const pidfile = join(workDir(t), 'shop.pid');
  const options = { control: false, pidfile };
  const program = watch(t, NODE, [PROGRAM], { env: { ...env, OPTIONS: JSON.stringify(options) }, stdin: true });
  const [, port = ''] = await program.line(/^listening (\d+)/);
  await program.line(/^started/);
  t.is((await run('status')).code, 3);
  const held = get(port, '/hold');
  const [, worker = ''] = await program.line(/^holding (\d+)/);
  program.process.stdin?.end('stop\nstop\n');
  await program.event('stopping', { workers: 1 });
  process.kill(Number(worker), 'SIGUSR2');
  t.is((await held).body, 'released');
  await program.lineTimes(/^stop gave 0/, 2);
  t.is((await program.exit).code, 0);
  t.false(existsSync(pidfile));
});

test('cronRestart recycles workers of a supervisor in code', async (t) => {
  const program = watch(t, NODE, [PROGRAM], { env: { OPTIONS: '{"cronRestart":"* * * * * *"}' }, stdin: true });
  await program.event('worker-exit', { slot: 0, code: 0, reason: 'recycle' });
  program.process.stdin?.end('stop\n');
  await program.line(/^stop gave 0/);
  t.is((await program.exit).code, 0);
});

test('a stop before it is ready rejects start()', async (t) => {
  const options = { script: fixture('apps/silent.cjs') };
  const program = watch(t, NODE, [PROGRAM], { env: { OPTIONS: JSON.stringify(options) }, stdin: true });
  await program.event('starting', { workers: 1 });
  program.process.stdin?.end('stop\n');
  await program.line(/^rejected REFUSED: start\(\) was cut short/);
  t.is((await program.exit).code, 0);
});
