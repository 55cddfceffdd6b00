import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { controlOff } from '../../src/cli/control-off.js';
import { fixture, kfCluster } from '../helpers/cluster.js';
import '../helpers/json-log.js';
import { workDir } from '../helpers/control.js';

test.serial('a supervisor that a command finds has nothing said of it', async (t) => {
  const XDG_RUNTIME_DIR = workDir(t);
  process.env.XDG_RUNTIME_DIR = XDG_RUNTIME_DIR;
  const args = ['start', fixture('apps/http.cjs'), '-w', '1', '--no-telemetry', '--name', 'shop'];
  const cluster = kfCluster(t, args, { env: { XDG_RUNTIME_DIR } });
  await cluster.ready(1);
  t.is(await controlOff('shop', cluster.pid), undefined);
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
  t.is(await controlOff('shop', cluster.pid), undefined, 'it has ended: nothing is to be stopped');
});

test.serial('one that runs and is not found is warned of, with its pid and the way to stop it', async (t) => {
  const dir = workDir(t);
  process.env.XDG_RUNTIME_DIR = dir;
  const gone = await controlOff('shop', process.pid);
  t.true(gone?.includes(`\n  why: ${join(dir, 'kf-cluster')} is not there\n  fix: `), gone);
  mkdirSync(join(dir, 'kf-cluster'), { mode: 0o700 });
  const said = await controlOff('shop', process.pid);
  t.regex(said ?? '', /^warn: control is off, no command finds shop\n {2}why: its log says why\n {2}fix: /);
  t.true(said?.endsWith(`; kill -TERM ${process.pid} stops it\n`));
});

test.serial('where the folder of the sockets is open to others, that is the reason', async (t) => {
  const dir = workDir(t);
  process.env.XDG_RUNTIME_DIR = dir;
  mkdirSync(join(dir, 'kf-cluster'));
  chmodSync(join(dir, 'kf-cluster'), 0o777);
  t.regex((await controlOff('shop', process.pid)) ?? '', /\n {2}why: .*kf-cluster.*other users/);
});
