import { chmodSync, chownSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { fixture, kfCluster } from '../helpers/cluster.js';
import '../helpers/json-log.js';
import { isRoot, nobody } from '../helpers/root.js';
import { tempDir } from '../helpers/spool.js';

const APP = fixture('apps/http.cjs');

async function startAndStop(t: Parameters<typeof kfCluster>[0], env: Record<string, string>): Promise<string> {
  const cluster = kfCluster(t, ['start', APP, '-w', '1', '--no-telemetry'], { env });
  await cluster.ready(1);
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
  return cluster.stderr();
}

test('a start keeps the compiled supervisor in a private directory for the next one', async (t) => {
  const XDG_CACHE_HOME = tempDir(t);
  const directory = join(XDG_CACHE_HOME, 'kf-cluster/compile');
  await startAndStop(t, { XDG_CACHE_HOME });
  t.true(readdirSync(directory).length > 0);
  for (const place of [join(XDG_CACHE_HOME, 'kf-cluster'), directory]) t.is(statSync(place).mode & 0o077, 0, place);
  t.notRegex(await startAndStop(t, { XDG_CACHE_HOME }), /error/);
});

test('a cache that is damaged, or that others can write, is not used; a start works without any', async (t) => {
  const XDG_CACHE_HOME = tempDir(t);
  await startAndStop(t, { XDG_CACHE_HOME });
  const files = readdirSync(XDG_CACHE_HOME, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
  for (const { parentPath, name } of files) writeFileSync(join(parentPath, name), 'not compiled code');
  t.notRegex(await startAndStop(t, { XDG_CACHE_HOME }), /error/);
  t.notRegex(await startAndStop(t, { XDG_CACHE_HOME: '/dev/null/nowhere' }), /error/);
  const unused = tempDir(t);
  await startAndStop(t, { XDG_CACHE_HOME: unused, NODE_DISABLE_COMPILE_CACHE: '1' });
  t.deepEqual(readdirSync(unused), []);
});

test('no code is kept in or taken from a cache that other users can write, or can put another in the place of', async (t) => {
  const open = tempDir(t);
  chmodSync(open, 0o777);
  await startAndStop(t, { XDG_CACHE_HOME: open });
  t.deepEqual(readdirSync(open), []);
  const below = tempDir(t);
  mkdirSync(join(below, 'open/mine'), { recursive: true });
  chmodSync(join(below, 'open'), 0o777);
  await startAndStop(t, { XDG_CACHE_HOME: join(below, 'open/mine') });
  t.deepEqual(readdirSync(join(below, 'open/mine')), []);
});

test("no code is kept in or taken from another user's home, as sudo leads to, nor behind a link of that user", async (t) => {
  if (!isRoot(t)) return;
  const foreign = tempDir(t);
  chownSync(foreign, nobody.id, nobody.group);
  await startAndStop(t, { XDG_CACHE_HOME: foreign });
  t.deepEqual(readdirSync(foreign), []);
  const [mine, theirs] = [tempDir(t), tempDir(t)];
  chownSync(theirs, nobody.id, nobody.group);
  symlinkSync(mine, join(theirs, 'cache'));
  await startAndStop(t, { XDG_CACHE_HOME: join(theirs, 'cache') });
  t.deepEqual(readdirSync(mine), []);
});
