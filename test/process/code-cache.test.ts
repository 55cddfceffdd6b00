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

test('a file that does not parse is named with its line by a command whose code comes out of the cache', async (t) => {
  const XDG_CACHE_HOME = tempDir(t);
  await startAndStop(t, { XDG_CACHE_HOME });
  const dir = tempDir(t);
  writeFileSync(join(dir, 'broken.mjs'), 'export const workers = 1;\nexport const drainTimeout = ;\n');
  writeFileSync(join(dir, 'apps.config.mjs'), 'export const apps = [];\nexport const more = ;\n');
  for (const [args, file] of [
    [['start', APP, '--config', join(dir, 'broken.mjs')], 'broken.mjs'],
    [['start', join(dir, 'apps.config.mjs')], 'apps.config.mjs'],
    [['config', APP, '--config', join(dir, 'broken.mjs')], 'broken.mjs'],
  ] as const) {
    for (const time of ['first', 'second']) {
      const failed = kfCluster(t, args, { env: { XDG_CACHE_HOME } });
      t.is((await failed.exit).code, 78, time);
      t.regex(failed.stderr(), new RegExp(`CONFIG_UNREADABLE[^]*${file}:2`), `${args.join(' ')}, ${time}`);
    }
  }
});

test('a first start that fails leaves no cache: it has compiled the least of what a start needs', async (t) => {
  const XDG_CACHE_HOME = tempDir(t);
  const failed = kfCluster(t, ['start', join(tempDir(t), 'missing.js')], { env: { XDG_CACHE_HOME } });
  t.is((await failed.exit).code, 2);
  const files = readdirSync(XDG_CACHE_HOME, { recursive: true, withFileTypes: true });
  t.false(files.some(({ name }) => name.startsWith('primary-')));
});
