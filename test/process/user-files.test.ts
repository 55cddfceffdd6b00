import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { fixture, kfCluster, type Running } from '../helpers/cluster.js';
import '../helpers/json-log.js';
import { isRoot, nobody } from '../helpers/root.js';
import { tree } from '../helpers/tree.js';

const APP = readFileSync(fixture('apps/http.cjs'), 'utf8');

test("uid: a symlink of the app's user leads root's launcher to no file of root, and the app serves on", async (t) => {
  if (!isRoot(t)) return;
  const roots = tree(t, { crontab: 'root only\n', pid: 'root only\n' });
  chmodSync(roots, 0o755);
  const { dir, start } = appOfNobody(t, { out_file: 'out.log', error_file: 'logs/err.log', pid_file: 'app.pid' });
  symlinkSync(join(roots, 'crontab'), join(dir, 'out.log'));
  symlinkSync(join(roots, 'pid'), join(dir, 'app.pid'));
  symlinkSync(roots, join(dir, 'logs'));
  const running = start();
  for (const name of ['out.log', 'logs/err.log', 'app.pid']) await refused(t, running, join(dir, name));
  await running.line(/^listening \d+/);
  await stop(t, running);
  t.deepEqual(readdirSync(roots), ['crontab', 'pid']);
  t.is(readFileSync(join(roots, 'crontab'), 'utf8'), 'root only\n');
  t.is(readFileSync(join(roots, 'pid'), 'utf8'), 'root only\n');
});

test("uid: a file in a directory of the app's user belongs to that user, the pid file is taken away again", async (t) => {
  if (!isRoot(t)) return;
  const { dir, start } = appOfNobody(t, { out_file: 'new/out.log', pid_file: 'app.pid' });
  const running = start();
  await running.ready(1);
  t.is(statSync(join(dir, 'app.pid')).uid, nobody.id);
  await stop(t, running);
  t.false(existsSync(join(dir, 'app.pid')));
  t.is(statSync(join(dir, 'new/out.log')).uid, nobody.id);
  t.regex(readFileSync(join(dir, 'new/out.log'), 'utf8'), /^listening \d+\n$/);
});

test('uid: below a directory that only root can write, as /var/log is, the files are made by root', async (t) => {
  if (!isRoot(t)) return;
  const roots = tree(t, {});
  chmodSync(roots, 0o755);
  const { start } = appOfNobody(t, { out_file: join(roots, 'app/out.log') });
  const running = start();
  await running.ready(1);
  await stop(t, running);
  t.is(statSync(join(roots, 'app/out.log')).uid, 0);
  t.regex(readFileSync(join(roots, 'app/out.log'), 'utf8'), /^listening \d+\n$/);
});

test('uid: root does not open a file that another user has put into a shared directory', async (t) => {
  if (!isRoot(t)) return;
  const [shared, roots] = [tree(t, {}), tree(t, { target: 'root only\n' })];
  chmodSync(shared, 0o1777);
  chmodSync(roots, 0o755);
  symlinkSync(join(roots, 'target'), join(shared, 'out.log'));
  mkdirSync(join(shared, 'a.dir'));
  const { start } = appOfNobody(t, { out_file: join(shared, 'out.log'), error_file: join(shared, 'a.dir') });
  const running = start();
  for (const name of ['out.log', 'a.dir']) await refused(t, running, join(shared, name));
  await running.ready(1);
  await stop(t, running);
  t.is(readFileSync(join(roots, 'target'), 'utf8'), 'root only\n');
});

/** An ecosystem file of root, with an app in a directory of nobody. */
function appOfNobody(t: ExecutionContext, fields: object) {
  const dir = tree(t, { 'app.cjs': APP, 'package.json': '{}' });
  chmodSync(dir, 0o755);
  chownSync(dir, nobody.id, nobody.group);
  const env = { OTEL_TRACES_EXPORTER: 'none' };
  // The sockets of nobody lie in one place for all tests.
  const app = { name: basename(dir), script: join(dir, 'app.cjs'), cwd: dir, uid: 'nobody', env, ...fields };
  const conf = tree(t, {});
  chmodSync(conf, 0o755);
  writeFileSync(join(conf, 'e.json'), JSON.stringify({ apps: [app] }));
  return { dir, start: () => kfCluster(t, ['start', 'e.json'], { cwd: conf }) };
}

async function stop(t: ExecutionContext, running: Running): Promise<void> {
  running.kill('SIGTERM');
  t.is((await running.exit).code, 0);
}

/** That file of the app cannot be written, for one of the reasons that a file of another user or a link to one has. */
async function refused(t: ExecutionContext, running: Running, path: string): Promise<void> {
  const { code } = await running.event('file-unwritable', { path });
  t.true(['ELOOP', 'EACCES', 'EISDIR'].includes(String(code)), `${path}: ${code}`);
}
