import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { KfError } from '../../src/contract/errors.js';
import { API_GLOBAL, LOGS_GLOBAL, processWide } from '../../src/contract/process-wide.js';
import { checkAccessLogFile } from '../../src/run/access-log-check.js';
import { becomeUser, mustBecome } from '../../src/run/become-user.js';
import { followCron } from '../../src/run/cron.js';
import { primaryHooks } from '../../src/run/load-primary-hooks.js';
import { streamOf } from '../../src/run/log-output.js';
import { warnOfOtherVersion } from '../../src/run/other-version.js';
import { primaryCodeLine } from '../../src/run/primary-code.js';
import { refuseProviderInPrimary, shutProviderDown } from '../../src/run/provider-check.js';
import { gaveUp } from '../../src/run/run.js';
import { checkSpool } from '../../src/run/spool-check.js';
import { isStarterMessage } from '../../src/run/starter.js';
import { privateDir } from '../helpers/cluster.js';
import { onLinux } from '../helpers/linux.js';
import { until } from '../helpers/spool.js';
import { keptLog } from '../supervisor/kept-log.js';
import { CONFIG, scripted } from '../supervisor/scripted-ports.js';

for (const [what, text, line] of [
  ['a question', "const cluster = require('cluster');\nif (cluster.isPrimary) fork();\n", 2],
  ['by its old name', "import cluster from 'node:cluster';\n\nif (cluster.isMaster) {}\n", 3],
  ['a fork', 'import cluster from "cluster"\nfor (;;) cluster.fork()\n', 2],
  ['a name that is imported is no question yet', "import { isPrimary } from 'node:cluster';\nif (isPrimary) x();\n", 2],
  [
    'in a comment',
    "require('cluster')\n// if (cluster.isPrimary)\n/* cluster.isMaster\n * cluster.fork( */\n",
    undefined,
  ],
  ['of another thing', 'if (server.isPrimary) x();\n', undefined],
  [
    'a program of ours',
    "import { cluster } from 'kf-cluster';\nimport 'node:cluster';\nif (cluster.isPrimary) x();\n",
    undefined,
  ],
  ['nothing', '', undefined],
] as const) {
  test(`code for a primary in the script of an app: ${what}`, (t) => {
    const file = join(privateDir(t), 'app.js');
    writeFileSync(file, text);
    t.is(primaryCodeLine(file), line);
  });
}

test("a bundle is not looked through, and a script that cannot be read is somebody else's to name", (t) => {
  const file = join(privateDir(t), 'app.js');
  writeFileSync(file, `require('cluster').isPrimary\n${' '.repeat(200_000)}`);
  t.is(primaryCodeLine(file), undefined);
  t.is(primaryCodeLine('/none'), undefined);
  t.is(primaryCodeLine('/'), undefined);
});

test.serial(
  'a provider in the primary is refused, and one that was injected is shut down, whatever it throws',
  async (t) => {
    const before = { api: processWide[API_GLOBAL], logs: processWide[LOGS_GLOBAL] };
    t.teardown(() => Object.assign(processWide, { [API_GLOBAL]: before.api, [LOGS_GLOBAL]: before.logs }));
    delete processWide[API_GLOBAL];
    t.notThrows(refuseProviderInPrimary);
    t.notThrows(shutProviderDown);
    const ended: string[] = [];
    const delegate = {
      shutdown: async () => {
        ended.push('trace');
        throw new Error('the collector is gone');
      },
    };
    const metrics = {
      shutdown: () => {
        ended.push('metrics');
        throw new Error('at once');
      },
    };
    processWide[API_GLOBAL] = {
      trace: { getDelegate: () => delegate },
      metrics,
      context: { disable: () => ended.push('context') },
    } as never;
    t.is(t.throws(refuseProviderInPrimary, { instanceOf: KfError }).code, 'PROVIDER_IN_PRIMARY');
    shutProviderDown();
    await new Promise(setImmediate);
    t.deepEqual(ended.sort(), ['context', 'metrics', 'trace']);
    t.notThrows(refuseProviderInPrimary);
  },
);

test('a spool that cannot be made is warned of at the start, with the error of the system and what to do', (t) => {
  const dir = privateDir(t);
  const file = join(dir, 'file');
  writeFileSync(file, '');
  const warned = (spoolDir: string, change: Partial<typeof CONFIG> = {}) => {
    const { log, lines } = keptLog();
    checkSpool({ ...CONFIG, telemetry: true, spoolDir, ...change }, log);
    return lines();
  };
  t.deepEqual(warned(join(dir, 'a', 'b', 'c')), [], 'it is made when it is needed');
  t.deepEqual(warned(dir), []);
  t.like(warned(file)[0], { level: 'warn' });
  t.regex(String(warned(join(file, 'a'))[0]?.why), /ENOTDIR/);
  t.deepEqual(warned(file, { telemetry: false }), []);
  t.deepEqual(warned(file, { delivery: 'memory' }), []);
});

test('an access log that no worker could open ends the start; one that may pass by itself does not', (t) => {
  const dir = privateDir(t);
  t.notThrows(() => checkAccessLogFile({ ...CONFIG, accessLog: '-' }));
  t.notThrows(() => checkAccessLogFile({ ...CONFIG, accessLog: join(dir, 'a.log') }));
  t.like(
    t.throws(() => checkAccessLogFile({ ...CONFIG, accessLog: join(dir, 'none', 'a.log') })),
    { code: 'LOG_FILE' },
  );
  t.like(
    t.throws(() => checkAccessLogFile({ ...CONFIG, accessLog: dir })),
    { code: 'LOG_FILE' },
  );
  if (!onLinux(t, '/dev/full')) return;
  t.notThrows(() => checkAccessLogFile({ ...CONFIG, accessLog: '/dev/full' }));
});

test('a user or group that this process is already is nothing to become; one that is not there is an error', (t) => {
  t.false(becomeUser({ user: undefined, group: undefined }));
  const [uid, gid] = [String(process.geteuid?.()), String(process.getegid?.())];
  t.false(mustBecome({ user: undefined, group: gid }));
  if (uid === '0') t.false(mustBecome({ user: 'root', group: undefined }));
  for (const wanted of [
    { user: 'nobody-of-that-name', group: undefined },
    { user: undefined, group: 'no-group-of-that-name' },
  ]) {
    t.is(t.throws(() => mustBecome(wanted), { instanceOf: KfError }).code, 'NO_SUCH_USER');
  }
  t.true(mustBecome({ user: uid === '0' ? 'nobody' : 'root', group: undefined }));
});

test('another kf-cluster beside the script is said; the same one, none and a broken one are not', (t) => {
  const dir = privateDir(t);
  const said = (manifest: string | undefined) => {
    const own = join(dir, 'node_modules', 'kf-cluster');
    mkdirSync(own, { recursive: true });
    if (manifest !== undefined) writeFileSync(join(own, 'package.json'), manifest);
    const { log, lines } = keptLog();
    warnOfOtherVersion(join(dir, 'app.js'), log);
    return lines().length;
  };
  t.is(said('{"version":"99.0.0"}'), 1);
  t.is(said('{'), 0);
  const { log, lines } = keptLog();
  warnOfOtherVersion('/none/app.js', log);
  t.deepEqual(lines(), []);
});

test('which of our own streams a log file is', (t) => {
  t.deepEqual(['-', '/dev/stdout', '/proc/self/fd/2', '/var/log/x', '', undefined].map(streamOf), [
    1,
    1,
    2,
    undefined,
    undefined,
    undefined,
  ]);
});

test('what a start says to whoever waits for it is known from anything an app may send', (t) => {
  t.true(isStarterMessage({ 'kf-cluster-start': 'text' }));
  for (const other of [null, undefined, 'ready', [], { 'kf-cluster-start': 1 }, {}]) t.false(isStarterMessage(other));
});

test('hooks of the primary are those of the files and then those of the code', async (t) => {
  const file = join(privateDir(t), 'hooks.mjs');
  writeFileSync(file, 'export function onStarting() {}');
  const inlineHooks = { onExit: () => undefined };
  const all = await primaryHooks({ ...CONFIG, hookFiles: [file], inlineHooks });
  t.deepEqual(
    all.map(({ source, hooks }) => [source, Object.keys(hooks)]),
    [
      [file, ['onStarting']],
      ['cluster.setup()', ['onExit']],
    ],
  );
  t.is((await primaryHooks(CONFIG)).length, 1);
});

test('why a supervisor gave up: what the system refused, the first generation, a crash loop, one that is not restarted', (t) => {
  const { supervisor, ports } = scripted({ restart: 'never' });
  supervisor.start();
  t.is(gaveUp(supervisor).code, 'FIRST_GENERATION_FAILED');
  ports.worker(1).ready();
  t.is(gaveUp(supervisor).code, 'CRASH_LOOP');
  t.regex(gaveUp(supervisor).why, /wrote nothing/);
  ports.worker(1).stderr('boom');
  ports.worker(1).exit(1);
  t.is(gaveUp(supervisor, 1).code, 'APP_FAILED');
  t.regex(gaveUp(supervisor, 1).why, /shown above/);
});

test('without --cron-restart nothing is scheduled; with it the schedule ends with the cluster', async (t) => {
  const { log } = keptLog();
  const { supervisor } = scripted();
  (await followCron(supervisor, log))();
  const timed = scripted({ cronRestart: '0 3 * * *' });
  const end = await followCron(timed.supervisor, log);
  t.is(timed.supervisor.listenerCount('notification'), 1);
  end();
  t.is(timed.supervisor.listenerCount('notification'), 0);
  await t.throwsAsync(followCron(scripted({ cronRestart: 'nonsense' }).supervisor, log));
});

test('reloads that follow each other while the schedule is loaded leave one schedule, and the end none', async (t) => {
  const { log, lines } = keptLog();
  const { supervisor } = scripted({ cronRestart: '* * * * * *' });
  const end = await followCron(supervisor, log);
  const done = { type: 'reload-done', generation: 2, ms: 1 } as const;
  for (let i = 0; i < 3; i++) supervisor.emit('notification', done);
  const recycles = () => lines().filter(({ event }) => event === 'workers-recycled');
  await until(() => recycles().length >= 2);
  const [first, second] = recycles().map(({ time }) => Date.parse(String(time)));
  t.true((second ?? 0) - (first ?? 0) > 500, 'one a second');
  supervisor.emit('notification', done);
  end();
  t.is(supervisor.listenerCount('notification'), 0);
});
