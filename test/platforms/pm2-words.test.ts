import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isDeepStrictEqual } from 'node:util';
import test from 'ava';
import { ALIASES } from '../../src/cli/command-names.js';
import { commandsOfHelp } from '../../src/cli/commands.js';
import type { KfError } from '../../src/contract/errors.js';
import { PM2_LOGS_FLAGS, PM2_RELOAD_FLAGS, PM2_START_FLAGS } from '../../src/platforms/pm2/pm2-flags.js';
import { fromPm2 } from '../../src/platforms/pm2/translate.js';
import { PM2_VERBS } from '../../src/platforms/pm2/verbs.js';

/** What means the same under both spellings: pm2's command line, and ours. */
const SAME: ReadonlyArray<readonly [string, string]> = [
  ['start app.js -i 4', 'start app.js --workers=4'],
  ['config app.js -i 4 --wait-ready', 'config app.js --workers=4 --ready=message'],
  ['dev app.js -i 4', 'dev app.js --workers=4'],
  ['init pm2 app.js -i 4', 'init pm2 app.js --workers=4'],
  ['start app.js -i max', 'start app.js --workers=max'],
  ['start app.js -i 0', 'start app.js --workers=max'],
  ['start app.js --instances=2', 'start app.js --workers=2'],
  ['start app.js --max-memory-restart 300M', 'start app.js --max-memory=300M'],
  ['start app.js --wait-ready', 'start app.js --ready=message'],
  ['start app.js --kill-timeout 8000', 'start app.js --drain-timeout=6000ms --flush-timeout=2000ms'],
  ['start app.js -k 8000', 'start app.js --drain-timeout=6000ms --flush-timeout=2000ms'],
  ['start app.js --listen-timeout 4000', 'start app.js --boot-timeout=4000ms'],
  ['start app.js --listen-timeout 4000 --wait-ready', 'start app.js --boot-timeout=30000ms --ready=message'],
  ['start app.js --wait-ready --listen-timeout 60000', 'start app.js --ready=message --boot-timeout=60000ms'],
  ['start app.js --no-autorestart', 'start app.js --restart=never'],
  ['start app.js --restart-delay 500', 'start app.js --backoff=500ms..500ms'],
  ['start app.js --exp-backoff-restart-delay 100', 'start app.js --backoff=100ms..15000ms'],
  ['start app.js --time', 'start app.js --log-time=always'],
  ['start app.js -l all.log', 'start app.js --log-file=all.log'],
  ['start app.js -p app.pid', 'start app.js --pidfile=app.pid'],
  ['start app.js --no-pmx --no-vizion --merge-logs -f', 'start app.js'],
  ['start app.js -i 2 -- -i 3 --time', 'start app.js --workers=2 -- -i 3 --time'],
  ['start app.js --name web --watch -w 2', 'start app.js --name web --watch -w 2'],
  ['l', 'list'],
  ['show web', 'describe web'],
  ['info web', 'describe web'],
  ['del web', 'stop web'],
  ['delete all', 'stop all'],
  ['kill', 'stop all'],
  ['monit', 'list --watch'],
  ['top', 'list --watch'],
  ['sendSignal SIGUSR2 web', 'signal SIGUSR2 web'],
  ['reloadLogs', 'logs --reopen all'],
  ['startOrReload e.config.js --env production', 'start-or-reload e.config.js --env production'],
  ['help', '--help'],
  ['help start', 'start --help'],
  ['version', '--version'],
  ['reload all -f', 'reload all'],
  ['logs web --lines 50 --nostream', 'logs web --lines 50'],
  ['logs web --err --nostream', 'logs web --err'],
  ['-v', '--version'],
  ['ls -m', 'ls'],
  ['list --mini-list', 'list'],
  ['reload web -s', 'reload web'],
  ['delete web --silent', 'stop web'],
  ['start app.js -s', 'start app.js --log-level=warn'],
  ['start app.js --stop-exit-codes 0 143 -i 2', 'start app.js --stop-exit-codes=0,143 --workers=2'],
  ['start --stop-exit-codes=0 app.js', 'start --stop-exit-codes=0 app.js'],
  ['start app.js -c ours.config.mjs', 'start app.js --config=ours.config.mjs'],
];

for (const [pm2, ours] of SAME) {
  test(`${pm2} is ${ours}`, (t) => t.deepEqual(fromPm2(pm2.split(' ')), ours.split(' ')));
}

/** What does not: one line that names ours. */
const NAMED: ReadonlyArray<readonly [string, RegExp]> = [
  ['save', /init systemd/],
  ['resurrect', /init systemd/],
  ['startup', /init systemd/],
  ['jlist', /list --json/],
  ['prettylist', /list --json/],
  ['env 0', /kf-cluster config/],
  ['flush', /truncate .*--log-max-size/],
  ['install pm2-logrotate', /--log-max-size/],
  ['start app.js -o out.log', /out_file/],
  ['start app.py --interpreter python3', /ecosystem/],
  ['start app.js --namespace shop', /service\.namespace=/],
  ['reload web --update-env', /--env-file/],
  ['list --sort cpu:desc', /list --json/],
  ['ls --no-color', /NO_COLOR=1/],
  ['start app.js --no-color', /NO_COLOR=1/],
  ['start app.js --uid nobody', /--user NAME/],
  ['start app.js --hp /root', /init systemd/],
  ['start app.js --container', /init docker/],
  ['restart web --watch', /start app\.js --watch/],
  ['stop web --watch', /start app\.js --watch/],
  ['reload web -i 4', /scale APP N/],
];

for (const [pm2, fix] of NAMED) {
  test(`${pm2} names ours`, (t) => {
    const error = t.throws(() => fromPm2(pm2.split(' '))) as unknown as KfError;
    t.is(error.code, 'UNKNOWN_FLAG');
    t.regex(error.fix, fix);
    t.notRegex(error.fix, /\n/);
  });
}

test('-c is a config file, or a pattern of cron', (t) => {
  t.deepEqual(fromPm2(['start', 'app.js', '-c', '0 3 * * *']), ['start', 'app.js', '--cron-restart=0 3 * * *']);
});

test('a number that is none is refused', (t) => {
  t.is((t.throws(() => fromPm2(['start', 'app.js', '-i', 'many'])) as unknown as KfError).code, 'BAD_FLAG');
  t.is((t.throws(() => fromPm2(['start', 'app.js', '--kill-timeout', '3s'])) as unknown as KfError).code, 'BAD_FLAG');
});

for (const flag of ['-i', '-k', '-c', '-p', '--pid', '--listen-timeout', '--cron']) {
  test(`${flag} without a value is called just that`, (t) => {
    const error = t.throws(() => fromPm2(['start', 'app.js', flag])) as unknown as KfError;
    t.is(error.code, 'BAD_FLAG');
    t.is(error.message, `${flag} has no value`);
  });
}

const CLI = readFileSync(createRequire(import.meta.url).resolve('pm2/lib/binaries/CLI.js'), 'utf8');

/** Commands of ours that are spelt as pm2's. */
const BOTH = new Set('start stop restart reload scale describe list ls ps status logs config init'.split(' '));

test('every command of pm2 is ours, or is answered', (t) => {
  const commands = [...CLI.matchAll(/\.(?:command|alias)\('([^' ]+)/g)].map(([, name]) => name!);
  t.true(commands.length > 80);
  const missing = commands.filter((name) => name !== '*' && !BOTH.has(name) && !Object.hasOwn(PM2_VERBS, name));
  t.deepEqual(missing, []);
});

test('a command of ours is never answered in the place of one of pm2', (t) => {
  const ours = [...commandsOfHelp().map(({ usage }) => usage.split(' ')[0] ?? ''), ...Object.keys(ALIASES)];
  t.true(ours.length > 15);
  const taken = ours.filter((name) => !isDeepStrictEqual(PM2_VERBS[name] ?? { is: [name] }, { is: [name] }));
  t.deepEqual(taken, [], 'a new command: take its row out of src/platforms/pm2/verbs.ts');
});

/** Flags of pm2 for every command that are ours by name, or belong to other commands. */
const ELSEWHERE = new Set(
  (
    'version name node-args env instances watch watch-delay max-restarts cron-restart no-daemon only cwd ' +
    'service-name user write ' + // of startup, list, and the user: see --user
    'daemon tarball install docker v1 safe npm info-node discrete ' +
    'install-all tree lines err out json port spa ftp basic-auth-username basic-auth-password monitor'
  ).split(' '),
);

test('every flag of pm2 is ours, or is answered', (t) => {
  const flags = [...CLI.matchAll(/\.option\('(?:-\w )?--([\w-]+)/g)].map(([, name]) => name!);
  t.true(flags.length > 60);
  const known = { ...PM2_START_FLAGS, ...PM2_LOGS_FLAGS, ...PM2_RELOAD_FLAGS };
  t.deepEqual(
    flags.filter((name) => !ELSEWHERE.has(name) && !Object.hasOwn(known, name)),
    [],
  );
});
