// Installs what test/apps and test/frameworks run: the packages of a folder's own lockfile, once for each state of it,
// and a Redis where the machine has none.  node test/apps/install.mjs <folder>...
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const CACHE = join(ROOT, '.cache');
const REDIS = join(CACHE, 'redis');

for (const folder of process.argv.slice(2)) installPackages(folder);
if (process.argv.includes('apps')) installRedis();

function installPackages(folder) {
  const from = join(ROOT, 'test', folder);
  const to = join(
    CACHE,
    folder,
    createHash('sha256')
      .update(readFileSync(join(from, 'package-lock.json')))
      .digest('hex')
      .slice(0, 16),
  );
  if (existsSync(to)) return;
  const partial = `${to}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  for (const file of ['package.json', 'package-lock.json']) cpSync(join(from, file), join(partial, file));
  // Some packages ask for a newer Node than this one: their apps are run on Node 24.
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--engine-strict=false', '--loglevel=error'];
  execFileSync('npm', ['ci', ...flags], { cwd: partial, stdio: 'inherit' });
  renameSync(partial, to); // what is there is whole
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

function download(folder) {
  const run = (command, args) =>
    execFileSync(command, args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  const query = [
    'depends',
    '--recurse',
    '--no-recommends',
    '--no-suggests',
    '--no-conflicts',
    '--no-breaks',
    '--no-replaces',
    '--no-enhances',
  ];
  const needed = () =>
    run('apt-cache', [...query, 'redis-server'])
      .split('\n')
      .filter((line) => /^\w/.test(line));
  if (needed().length < 2) throw new Error('redis-server is not in the package lists');
  const missing = needed().filter(
    (name) => spawnSync('dpkg', ['-s', name]).status !== 0 && /redis|lua|lzf|jemalloc|hiredis/.test(name),
  );
  run('apt-get', ['download', ...missing]);
}
