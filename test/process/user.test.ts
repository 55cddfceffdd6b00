import { chmodSync, chownSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { accountOf } from '../../src/system/accounts.js';
import { fixture, kfCluster } from '../helpers/cluster.js';
import '../helpers/json-log.js';
import { get } from '../helpers/http.js';
import { tree } from '../helpers/tree.js';

const APP = `
const { getuid, getgid, getgroups } = process;
const text = JSON.stringify({ uid: getuid(), gid: getgid(), groups: getgroups(), home: process.env.HOME });
require('node:http').createServer((_request, response) => response.end(text))
  .listen(0, '127.0.0.1', function () { console.log('listening ' + this.address().port); });`;
const nobody = accountOf('/etc/passwd', 'nobody')!;

test('uid: supervisor, workers, socket and spool are those of that user; only root can do it', async (t) => {
  const app = {
    name: 'api',
    script: 'app.cjs',
    uid: 'nobody',
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' },
  };
  const kf = { spoolDir: 'spool', flushTimeout: '300ms', delivery: 'journal' };
  const cwd = tree(t, { 'app.cjs': APP, 'package.json': '{}', 'e.json': JSON.stringify({ apps: [{ ...app, kf }] }) });
  chmodSync(cwd, 0o755);
  const running = kfCluster(t, ['start', 'e.json'], { cwd });
  if (process.getuid?.() !== 0) {
    t.is((await running.exit).code, 78);
    t.regex(running.stderr(), /uid only root may become another user/);
    return;
  }
  mkdirSync(join(cwd, 'spool'));
  chownSync(join(cwd, 'spool'), nobody.id, nobody.group);
  const [, port = ''] = await running.line(/^listening (\d+)/);
  await running.ready(1);
  const groups = [nobody.group];
  const expected = { uid: nobody.id, gid: nobody.group, groups, home: nobody.fields[5] };
  t.deepEqual(JSON.parse((await get(port)).body), expected);
  const socket = statSync(join(tmpdir(), `kf-cluster-${nobody.id}`, 'api.sock'));
  t.is(socket.uid, nobody.id);
  t.is(socket.mode & 0o777, 0o600);
  running.kill('SIGTERM');
  t.is((await running.exit).code, 0);
  const spooled = readdirSync(join(cwd, 'spool'), { recursive: true, encoding: 'utf8' });
  t.true(spooled.length > 0);
  for (const name of spooled) t.is(statSync(join(cwd, 'spool', name)).uid, nobody.id, name);
});

test('a supervisor that is started as another user already runs the same file', async (t) => {
  const me = process.getuid?.() ?? 0;
  const app = { name: 'api', script: fixture('apps/http.cjs'), uid: me, env: { OTEL_TRACES_EXPORTER: 'none' } };
  const running = kfCluster(t, ['start', 'e.json'], { cwd: tree(t, { 'e.json': JSON.stringify({ apps: [app] }) }) });
  await running.ready(1);
  running.kill('SIGTERM');
  t.is((await running.exit).code, 0);
});
