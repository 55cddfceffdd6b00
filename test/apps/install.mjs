// Installs what test/apps and test/frameworks run into .cache: the packages of a folder's own lockfile, and what its
// `build` script makes of them, once for each state of the folder; and a Redis where the machine has none.
//   node test/apps/install.mjs apps | interop | frameworks/next | frameworks/nuxt ...
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { binOf } from '../nodes.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const CACHE = join(ROOT, '.cache');
const REDIS = join(CACHE, 'redis');
const NODE_24 = join(ROOT, binOf(24));

for (const folder of process.argv.slice(2)) {
  if (folder === 'apps' || folder === 'interop') {
    install(folder, (name) => /^package(-lock)?\.json$/.test(name));
    installRedis();
  } else {
    install(folder, () => true);
  }
}

/** Copies the files, installs the packages beside them and runs the build. */
function install(folder, takes) {
  const from = join(ROOT, 'test', folder);
  const to = join(CACHE, folder);
  const files = readdirSync(from, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && takes(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const hash = createHash('sha256');
  for (const file of files) hash.update(file.slice(from.length)).update(readFileSync(file));
  const key = hash.digest('hex');
  const stamp = join(to, '.key');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === key) return;
  rmSync(to, { recursive: true, force: true });
  for (const file of files) {
    const copy = join(to, file.slice(from.length));
    mkdirSync(dirname(copy), { recursive: true });
    cpSync(file, copy);
  }
  // Some packages ask for a newer Node than that of the tests: their apps are built and run on Node 24.
  const env = { ...process.env, PATH: `${NODE_24}${delimiter}${process.env.PATH}` };
  Object.assign(env, { NEXT_TELEMETRY_DISABLED: '1', NUXT_TELEMETRY_DISABLED: '1', CI: '1' });
  const npm = (...args) => execFileSync('npm', args, { cwd: to, env, stdio: 'inherit' });
  npm('ci', '--ignore-scripts', '--no-audit', '--no-fund', '--engine-strict=false', '--loglevel=error');
  npm('run', 'build', '--if-present');
  writeFileSync(stamp, key); // what has one is whole
}

/** Debian's packages, unpacked and not installed: no root is needed, and no service is started. */
function installRedis() {
  if (spawnSync('redis-server', ['--version']).status === 0 || existsSync(REDIS)) return;
  const partial = `${REDIS}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  try {
    download(partial);
    for (const file of readdirSync(partial).filter((name) => name.endsWith('.deb'))) {
      execFileSync('dpkg', ['-x', file, '.'], { cwd: partial });
    }
    renameSync(partial, REDIS);
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    console.error(`no Redis here, and none from Debian: the queue's tests are left out (${error.message.trim()})`);
  }
}

/** The server and those of its libraries that are not here. */
function download(folder) {
  const run = (command, ...args) =>
    execFileSync(command, args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  const kinds = ['recommends', 'suggests', 'conflicts', 'breaks', 'replaces', 'enhances'].map((kind) => `--no-${kind}`);
  const names = () =>
    run('apt-cache', 'depends', '--recurse', ...kinds, 'redis-server')
      .split('\n')
      .filter((line) => /^redis|^lib(lzf|jemalloc|lua|hiredis)|^lua/.test(line));
  if (names().length < 2 && process.getuid() === 0) run('apt-get', 'update');
  const missing = names().filter((name) => spawnSync('dpkg', ['-s', name]).status !== 0);
  if (missing.length === 0) throw new Error('redis-server is not in the package lists');
  run('apt-get', 'download', ...missing);
}
