import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mock } from 'node:test';
import test, { type ExecutionContext } from 'ava';
import { defaultLogFile, sayThatItWaits } from '../../src/cli/daemon.js';
import { withLogFile } from '../../src/cli/ecosystem-daemon.js';
import { readEcosystem } from '../../src/platforms/pm2/ecosystem/read-ecosystem.js';
import { APP_ENV } from '../../src/platforms/pm2/launcher/launch.js';
import { depends, installed, write } from '../diagnose/set-up.js';
import { tree } from '../helpers/tree.js';
import { captured, errorIn, runIn, setEnv } from './run-here.js';
import { runtimeDir } from './running-here.js';

runtimeDir();

const FILE = 'shop.config.cjs';

function folder(t: ExecutionContext, ...apps: object[]): string {
  const text = `module.exports = ${JSON.stringify({ apps: apps.map((app) => ({ script: 'app.js', ...app })) })}`;
  return tree(t, { 'package.json': '{}', 'app.js': '', [FILE]: text });
}

test.serial('the process of an app that the file does not name any more ends with that', async (t) => {
  const dir = folder(t, { name: 'web' });
  setEnv(t, { [APP_ENV]: 'jobs' });
  const { code, err } = await runIn(dir, 'start', FILE);
  t.deepEqual([code, errorIn(err).code], [78, 'CONFIG_INVALID']);
  t.regex(errorIn(err).what, /"jobs"/);
  t.is(process.env[APP_ENV], undefined, 'what it starts does not take itself for it');
});

test.serial('the process of an app says what is wrong with that app, and not what is with another', async (t) => {
  const dir = folder(t, { name: 'web', kf: { drainTimeout: 'soon' } }, { name: 'jobs', kf: { drainTimeout: '1s' } });
  setEnv(t, { [APP_ENV]: 'web' });
  const { code, err } = await runIn(dir, 'start', FILE);
  t.deepEqual([code, errorIn(err).code], [78, 'CONFIG_INVALID'], err);
  t.regex(err, /drainTimeout/);
});

test.serial(
  'the process of an app that can be started nowhere fails, and keeps the variables of its caller',
  async (t) => {
    const dir = folder(t, { name: 'web', env: { OF_THE_FILE: '1' }, kf: { logFile: '.' } });
    setEnv(t, { [APP_ENV]: 'web', OF_THE_CALLER: '2', OF_THE_FILE: undefined });
    const { code, err } = await runIn(dir, 'start', FILE);
    t.not(code, 0, err);
    t.is(process.env.OF_THE_CALLER, '2');
  },
);

async function appOf(t: ExecutionContext, app: object) {
  const cwd = folder(t, { name: 'web', ...app });
  const [read] = await readEcosystem({ file: FILE, cwd, environment: {} });
  return { cwd, launch: withLogFile(read!).launch };
}

test('in the background an app without files logs into that of its name, which is limited', async (t) => {
  const { launch } = await appOf(t, {});
  const file = defaultLogFile('web');
  t.like(launch, { out: file, err: file, logMaxSize: 50 * 1024 * 1024 });
});

test('in the background a file that an app names is kept, and only the other stream gets ours', async (t) => {
  const named = await appOf(t, { out_file: 'logs/out.log' });
  t.like(named.launch, { out: join(named.cwd, 'logs/out.log'), err: defaultLogFile('web') });
  const errors = await appOf(t, { error_file: 'logs/err.log' });
  t.like(errors.launch, { out: defaultLogFile('web'), err: join(errors.cwd, 'logs/err.log') });
  const both = await appOf(t, { out_file: 'o', error_file: 'e' });
  t.like(both.launch, { out: join(both.cwd, 'o'), err: join(both.cwd, 'e') });
});

test.serial(
  'a start that waits says so once, after five seconds; one that has come by then says nothing',
  async (t) => {
    mock.timers.enable({ apis: ['setTimeout'] });
    t.teardown(() => mock.timers.reset());
    const said = async (stopAfter: number) =>
      (
        await captured(async () => {
          const waiting = sayThatItWaits('not ready yet');
          mock.timers.tick(stopAfter);
          waiting.stop();
          mock.timers.tick(60_000);
        })
      ).err;
    t.is(await said(4_999), '');
    t.is(await said(5_000), 'not ready yet\n');
  },
);

for (const [what, words] of [
  ['in the foreground', []],
  ['in the background', ['--daemon']],
] as const) {
  test.serial(`start ${what} with a log file that never can be one is an error before anything runs`, async (t) => {
    const dir = tree(t, { 'package.json': '{}', 'app.js': "require('node:fs').writeFileSync('ran', '');", file: '' });
    mkdirSync(join(dir, 'logs'));
    for (const log of ['logs', 'file/a.log']) {
      const { code, out, err } = await runIn(dir, 'start', 'app.js', '--log-file', log, ...words);
      t.deepEqual([code !== 0, out, errorIn(err).code], [true, '', 'LOG_FILE'], err);
      t.true(err.includes(join(dir, log)));
    }
    t.throws(() => readFileSync(join(dir, 'ran')), { code: 'ENOENT' });
  });
}

test.serial('start takes the umask before it opens a log file', async (t) => {
  const before = process.umask();
  t.teardown(() => process.umask(before));
  const dir = tree(t, { 'package.json': '{}', 'app.js': '' });
  await runIn(dir, 'start', 'app.js', '--umask', '027', '--log-file', '.');
  t.is(process.umask(), 0o027);
});

test.serial('start refuses a user that the machine does not have', async (t) => {
  const dir = tree(t, { 'package.json': '{}', 'app.js': '' });
  for (const flag of ['--user', '--group']) {
    const { code, err } = await runIn(dir, 'start', 'app.js', flag, 'kf-nobody-of-that-name');
    t.deepEqual([code !== 0, errorIn(err).code], [true, 'NO_SUCH_USER'], err);
    t.regex(errorIn(err).what, /kf-nobody-of-that-name/);
  }
});

const PG = { ...depends({ pg: '8' }), ...installed('pg', '8.13.0') };

for (const [lockfile, manager] of [
  ['package-lock.json', 'npm'],
  ['pnpm-lock.yaml', 'pnpm'],
  ['yarn.lock', 'yarn'],
] as const) {
  test.serial(`bootstrap -a install where ${manager} is not installed says what to do`, async (t) => {
    const dir = write(t, { files: { ...PG, [lockfile]: '' } });
    setEnv(t, { PATH: dir });
    const { code, out, err } = await runIn(dir, 'bootstrap', '-a', 'install');
    t.deepEqual([code, errorIn(err).code], [1, 'SYSTEM'], err);
    t.true(errorIn(err).what.startsWith(`${manager} `));
    t.true(errorIn(err).fix.includes(manager));
    t.regex(out, new RegExp(`^next: ${manager} `, 'm'), 'the plan stands there for who installs it by hand');
  });
}

test.serial(
  'bootstrap -a install with a package manager that may not be run is the same error, with its reason',
  async (t) => {
    const dir = write(t, { files: PG });
    writeFileSync(join(dir, 'npm'), '');
    chmodSync(join(dir, 'npm'), 0o600);
    setEnv(t, { PATH: dir });
    const { code, err } = await runIn(dir, 'bootstrap', '-a', 'install');
    t.deepEqual([code, errorIn(err).code], [1, 'SYSTEM'], err);
    t.regex(errorIn(err).why, /EACCES/);
  },
);
