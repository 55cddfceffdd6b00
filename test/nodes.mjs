// A Node beside that of the machine, from npm's packages of Node's binaries, into .cache.
//   node test/nodes.mjs install 24        installs it
//   node test/nodes.mjs run 22 24 26      installs each, and runs the process tests on it
//   node test/nodes.mjs most 24           the same without ALIKE, which does the same on each of them
//   node test/nodes.mjs contracts 22 26   the same with what breaks first where a Node changes: CONTRACTS, which runs on it itself
// The Node that runs this has had all of it in `npm test` already: `most` and `contracts` leave it out.
// Where there is none (another system, no registry) it says why, and its tests are left out; with KF_TEST_STRICT, as CI sets it,
// that is an error.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const VERSIONS = { 22: '22.23.3', 24: '24.21.0', 26: '26.12.1' };
/** What of Node's inside is used, and a start, a stop and a reload with open connections over all of it. */
const CONTRACTS = [
  'dist/test/worker/*.test.js',
  ...['taken-signals', 'start', 'stop', 'move'].map((name) => `dist/test/process/${name}.test.js`),
];
/** Process tests of arguments, files, users, names and texts: what they ask of Node's inside, a start and a stop, others ask too. */
const ALIKE = `
  cli-bad-input cli-config commands control control-target daemon ecosystem ecosystem-daemon held init narrow-terminal
  odd-files secrets slot-retry spool-place start-user user user-files`
  .trim()
  .split(/\s+/)
  .map((name) => `dist/test/process/${name}.test.js`);
const PROCESS = ['dist/test/process/**/*.test.js'];
const ROOT = fileURLToPath(new URL('../', import.meta.url));

/** The directory of the binary, relative to the repository; also in test/helpers/nodes.ts. */
export function binOf(version) {
  return `.cache/node${version}/node_modules/node-${process.platform}-${process.arch}/bin`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main(process.argv.slice(2));

function main([order, ...versions]) {
  for (const version of versions) {
    if (order !== 'install' && order !== 'run' && process.versions.node.startsWith(`${version}.`)) {
      console.log(`Node ${version} is the one that runs this: all of it has run on it`);
    } else if (install(version) && order !== 'install' && !passes(order, version)) {
      process.exit(1);
    }
  }
}

function install(version) {
  const binary = `${binOf(version)}/node`;
  const wanted = `node-${process.platform}-${process.arch}@${VERSIONS[version] ?? version}`;
  const args = ['install', '--silent', '--no-save', '--no-package-lock', '--prefix', `.cache/node${version}`, wanted];
  if (VERSIONS[version] && versionOf(binary) === `v${VERSIONS[version]}`) return true;
  spawnSync('npm', args, { cwd: ROOT, stdio: 'inherit' });
  if (versionOf(binary) !== undefined) return true;
  console.error(`Node ${version}: ${wanted} could not be installed; the tests that need it are left out`);
  if (process.env.KF_TEST_STRICT) process.exit(1);
  return false;
}

function versionOf(binary) {
  if (!existsSync(`${ROOT}${binary}`)) return undefined;
  return spawnSync(`${ROOT}${binary}`, ['--version'], { encoding: 'utf8' }).stdout?.trim() || undefined;
}

function passes(order, version) {
  const own = `${binOf(version)}/node`;
  if (order === 'contracts') return ava(own, own, CONTRACTS);
  if (order === 'run') return ava(process.execPath, own, PROCESS);
  const gone = ALIKE.find((file) => !existsSync(`${ROOT}${file}`));
  if (gone) throw new Error(`${gone} is not there: is it built, and named in test/nodes.mjs as it is now?`);
  return ava(process.execPath, own, [...PROCESS, ...ALIKE.map((file) => `!${file}`)]);
}

function ava(runner, tested, files) {
  const env = { ...process.env, KF_TEST_NODE: tested };
  return (
    spawnSync(runner, ['node_modules/ava/entrypoints/cli.mjs', ...files, '--concurrency', '3'], {
      cwd: ROOT,
      env,
      stdio: 'inherit',
    }).status === 0
  );
}
