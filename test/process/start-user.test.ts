import { chmodSync, chownSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { kfCluster, privateDir } from '../helpers/cluster.js';
import '../helpers/json-log.js';
import { eventsIn } from '../helpers/log-lines.js';
import { asNobody, isRoot, nobody } from '../helpers/root.js';
import { tree } from '../helpers/tree.js';

const APP = `
const { getuid, getgid, getgroups, umask, env } = process;
require('node:http').createServer().listen(0, '127.0.0.1', () => {
  console.log('i am ' + JSON.stringify({ uid: getuid(), gid: getgid(), groups: getgroups(), home: env.HOME, umask: umask() }));
});`;

test('--user: supervisor, workers and what they write are that user, with its groups and its home', async (t) => {
  if (!isRoot(t)) return;
  const cwd = tree(t, { 'app.cjs': APP });
  chmodSync(cwd, 0o777);
  const flags = ['--user', 'nobody', '--umask', '027', '--access-log', 'access.log', '--log-file', 'shop.log'];
  // A directory of root alone, where nothing has been compiled yet.
  const home = privateDir(t);
  const running = kfCluster(t, ['start', 'app.cjs', '-w', '1', '--pidfile', 'shop.pid', ...flags], {
    cwd,
    env: { HOME: home, XDG_CACHE_HOME: home },
  });
  const seen = await new Promise<string>((resolve, reject) => {
    const look = () => {
      const { stdout } = asNobody('cat', [join(cwd, 'shop.log')]);
      const [, said] = /i am (.*)/.exec(stdout) ?? [];
      if (said !== undefined && eventsIn(stdout, 'all-ready').length > 0) resolve(said);
      else if (running.process.exitCode !== null) reject(new Error(running.stderr()));
      else setImmediate(look);
    };
    look();
  });
  const groups = [nobody.group];
  const own = { home: nobody.fields[5], umask: 0o027 };
  t.deepEqual(JSON.parse(seen), { uid: nobody.id, gid: nobody.group, groups, ...own });
  for (const name of ['access.log', 'shop.log', 'shop.pid']) t.is(statSync(join(cwd, name)).uid, nobody.id, name);
  t.is(statSync(`/proc/${running.pid}`).uid, nobody.id, 'the supervisor');
  running.kill('SIGTERM');
  t.is((await running.exit).code, 0, `${running.stderr()}\n${readFileSync(join(cwd, 'shop.log'))}`);
});

test('--user with --daemon: an account whose home is not there has its log in its folder for temporary files', async (t) => {
  if (!isRoot(t)) return;
  const cwd = tree(t, { 'app.cjs': APP });
  chmodSync(cwd, 0o777);
  const TMPDIR = tree(t, {});
  chmodSync(TMPDIR, 0o1777);
  const home = privateDir(t);
  const args = ['start', 'app.cjs', '-w', '1', '--no-telemetry', '--name', 'homeless', '--user', 'nobody', '--daemon'];
  const launcher = kfCluster(t, args, { cwd, env: { HOME: home, XDG_CACHE_HOME: home, TMPDIR } });
  t.is((await launcher.exit).code, 0, launcher.stderr());
  const [, pid = '', log = ''] = /^homeless started, pid (\d+), log (.+)$/m.exec(launcher.stdout()) ?? [];
  t.is(log, join(TMPDIR, `kf-cluster-${nobody.id}/state/kf-cluster/homeless.log`));
  t.is(statSync(log).uid, nobody.id);
  t.is(statSync(`/proc/${pid}`).uid, nobody.id);
  const bin = new URL('../../bundle/bin.cjs', import.meta.url).pathname;
  const stop = asNobody(process.execPath, [bin, 'stop', 'homeless'], { TMPDIR, XDG_RUNTIME_DIR: '' });
  t.is(stop.status, 0, stop.stderr);
  const foreign = tree(t, {});
  chmodSync(foreign, 0o1777);
  mkdirSync(join(foreign, `kf-cluster-${nobody.id}`));
  chownSync(join(foreign, `kf-cluster-${nobody.id}`), 1, 1);
  const refused = kfCluster(t, args, { cwd, env: { HOME: home, XDG_CACHE_HOME: home, TMPDIR: foreign } });
  t.is((await refused.exit).code, 78, 'in a folder of somebody else nothing is written');
  t.regex(
    refused.stderr(),
    /LOG_FILE: there is no place for the log file\n {2}why: .*belongs to user 1\n {2}fix: .*--log-file/,
  );
});

test('who is not root is refused, and so are an account that is none and a mode that is none', async (t) => {
  const cwd = tree(t, { 'app.cjs': APP });
  const refusal = async (...flags: string[]) => {
    const running = kfCluster(t, ['start', 'app.cjs', '--no-telemetry', ...flags], { cwd });
    return `${(await running.exit).code} ${running.stderr()}`;
  };
  t.regex(await refusal('--user', 'no-such-user'), /^78 error NO_SUCH_USER: --user is "no-such-user".*passwd/s);
  t.regex(await refusal('--umask', '9'), /^2 error BAD_FLAG: --umask is "9".*octal digits/s);
  if (!isRoot(t)) return;
  chmodSync(cwd, 0o755);
  writeFileSync(join(cwd, 'app.cjs'), APP);
  const bin = new URL('../../bundle/bin.cjs', import.meta.url).pathname;
  const { status, stderr } = asNobody(process.execPath, [bin, 'start', join(cwd, 'app.cjs'), '--user', 'root'], {
    HOME: '/',
  });
  t.is(status, 78, stderr);
  t.regex(stderr, /NOT_ROOT: cannot become root\n {2}why: only root may; this is user 65534/);
});
