import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { tree } from '../helpers/tree.js';
import { errorIn, runIn, setEnv } from './run-here.js';
import { running, runtimeDir } from './running-here.js';

runtimeDir();

const FILE = 'shop.config.cjs';

/** A folder with an ecosystem file of these apps. */
function folder(t: ExecutionContext, ...apps: object[]): string {
  const text = `module.exports = ${JSON.stringify({ apps: apps.map((app) => ({ script: 'app.js', ...app })) })}`;
  return tree(t, { 'package.json': '{}', 'app.js': '', 'lib/app.js': '', [FILE]: text });
}

test.serial('config shows what each field of each app has become, and the options of ours', async (t) => {
  const web = { name: 'web', instances: 3, kill_timeout: 4_000, exec_mode: 'cluster', args: 'serve now' };
  const dir = folder(t, web, { name: 'jobs', script: 'lib/app.js' });
  const { apps } = JSON.parse((await runIn(dir, 'config', FILE, '--json')).out);
  t.deepEqual(
    apps.map(({ name, script, args }: Record<string, unknown>) => ({ name, script, args })),
    [
      { name: 'web', script: join(dir, 'app.js'), args: ['serve', 'now'] },
      { name: 'jobs', script: join(dir, 'lib/app.js'), args: [] },
    ],
  );
  t.like(apps[0].options, { workers: 3, name: 'web' });
  const { code, out } = await runIn(dir, 'config', FILE);
  t.is(code, 0);
  t.regex(out, /^app web\n {2}\S+app\.js serve now\n/);
  t.regex(out, /^ {2}instances +3 /m);
  t.regex(out, /^ {4}workers = 3$/m);
  t.regex(out, /^app jobs$/m);
});

test.serial('config shows no secret that stands in the environment of an app', async (t) => {
  const env = { DB: 'hunter2', OTEL_SERVICE_NAME: 'shown', OTEL_EXPORTER_OTLP_HEADERS: 'key=hunter2' };
  const dir = folder(t, { name: 'web', env, env_production: { API: 'hunter2' }, kf: { env: { LATE: 'hunter2' } } });
  for (const words of [[], ['--json']]) {
    const { out } = await runIn(dir, 'config', FILE, ...words);
    t.false(out.includes('hunter2'), out);
    for (const name of ['DB', 'API', 'LATE', 'shown']) t.true(out.includes(name), name);
  }
});

test.serial('--only and --env choose among the apps and their environments', async (t) => {
  const dir = folder(t, { name: 'web', env: { A: '1' }, env_production: { OTEL_SERVICE_NAME: 'p' } }, { name: 'jobs' });
  const shown = async (...words: string[]) => JSON.parse((await runIn(dir, 'config', FILE, '--json', ...words)).out);
  t.is((await shown('--only', 'jobs')).apps.length, 1);
  t.is((await shown('--only', 'web,jobs')).apps.length, 2);
  t.true(JSON.stringify(await shown('--env', 'production')).includes('"OTEL_SERVICE_NAME":"p"'));
});

for (const [what, apps, args, expected] of [
  ['no app of that name', [{ name: 'web' }], ['--only', 'wbe'], { exit: 2, code: 'BAD_FLAG', fix: /--only web/ }],
  ['nothing chosen', [{ name: 'web' }], ['--only', ','], { exit: 2, code: 'BAD_FLAG', fix: /./ }],
  [
    'no such environment',
    [{ name: 'web', env_production: { A: '1' } }],
    ['--env', 'producton'],
    { exit: 2, code: 'BAD_FLAG', fix: /--env production/ },
  ],
  ["arguments behind -- are no app's", [{ name: 'web' }], ['--', 'x'], { exit: 2, code: 'BAD_FLAG', fix: /args/ }],
  ['two of one name', [{ name: 'a' }, { name: 'a' }], [], { exit: 78, code: 'CONFIG_INVALID', fix: /PM2\.md/ }],
  ['a field of another type', [{ instances: {} }], [], { exit: 78, code: 'CONFIG_INVALID', fix: /PM2\.md/ }],
  ['an option of ours that is none', [{ kf: { worker: 2 } }], [], { exit: 78, code: 'CONFIG_INVALID', fix: /./ }],
  ['an unknown field, with --strict', [{ instanses: 2 }], ['--strict'], { exit: 78, code: 'CONFIG_INVALID', fix: /./ }],
] as const) {
  for (const command of ['config', 'start']) {
    test.serial(`${command} refuses an ecosystem file: ${what}`, async (t) => {
      const { code, out, err } = await runIn(folder(t, ...apps), command, FILE, ...args);
      t.is(out, '');
      t.deepEqual([code, errorIn(err).code], [expected.exit, expected.code], err);
      t.regex(errorIn(err).fix, expected.fix);
    });
  }
}

test.serial('of several apps that are wrong each is named at once', async (t) => {
  const dir = folder(t, { name: 'a', instances: {} }, { name: 'b' }, { name: 'c', script: 'gone.js' });
  const { why } = errorIn((await runIn(dir, 'start', FILE)).err);
  t.regex(why, /app "a".*\n +app "c"/);
  t.notRegex(why, /app "b"/);
});

for (const flag of ['--only', '--env', '--strict']) {
  for (const command of ['start', 'config']) {
    test.serial(`${command}: ${flag} beside a script is wrong usage`, async (t) => {
      const dir = folder(t);
      const { code, err } = await runIn(dir, command, 'app.js', flag, ...(flag === '--strict' ? [] : ['x']));
      t.is(code, 2);
      t.true(errorIn(err).what.startsWith(flag));
    });
  }
}

test.serial('a file whose apps are all autostart: false starts nothing, and that is no failure', async (t) => {
  const dir = folder(t, { name: 'web', autostart: false });
  const { code, out } = await runIn(dir, 'start', FILE);
  t.deepEqual([code, out], [0, '']);
});

test.serial('stop FILE stops those of its apps that run, and names those that do not', async (t) => {
  const dir = folder(t, { name: 'web' }, { name: 'jobs' }, { name: 'idle' });
  const all = [await running(t, 'web'), await running(t, 'jobs'), await running(t, 'other')] as const;
  for (const { supervisor, close } of all) supervisor.once('exit', () => setImmediate(close));
  const { code, out, err } = await runIn(dir, 'stop', FILE);
  t.deepEqual([code, out], [0, 'web stopped\njobs stopped\n']);
  t.regex(err, /^idle: does not run; kf-cluster start-or-reload shop\.config\.cjs starts it too\n$/);
  t.is(all[2].supervisor.status().phase, 'running', 'it is of no app of the file');
});

test.serial('reload FILE --only reloads that one alone', async (t) => {
  const dir = folder(t, { name: 'web' }, { name: 'jobs' });
  const [web, jobs] = [await running(t, 'web'), await running(t, 'jobs')];
  for (const { ports } of [web, jobs]) {
    ports.onFork = (worker) => {
      setImmediate(() => {
        worker.ready();
        ports.advance(500);
      });
    };
  }
  const { code, out } = await runIn(dir, 'reload', FILE, '--only', 'jobs');
  t.is(code, 0);
  t.regex(out, /^reload: generation 2/);
  t.deepEqual(
    [web, jobs].map(({ supervisor }) => supervisor.status().generation),
    [1, 2],
  );
});

test.serial('where no app of the file runs it is said which do, and how to start them', async (t) => {
  const dir = folder(t, { name: 'web' });
  const nothing = await runIn(dir, 'stop', FILE);
  t.is(nothing.code, 3);
  t.regex(errorIn(nothing.err).why, /^its apps are web; these run: none$/);
  await running(t, 'other');
  const { err } = await runIn(dir, 'reload', FILE);
  t.like(errorIn(err), { code: 'NOT_RUNNING', fix: `Start them: kf-cluster start ${FILE} --daemon` });
  t.regex(errorIn(err).why, /these run: other$/);
});

test.serial('start-or-reload reloads what runs; what is autostart: false stays as it is', async (t) => {
  const dir = folder(t, { name: 'web' }, { name: 'idle', autostart: false });
  const { ports, supervisor } = await running(t, 'web');
  ports.onFork = (worker) => {
    setImmediate(() => {
      worker.ready();
      ports.advance(500);
    });
  };
  const { code, out } = await runIn(dir, 'start-or-reload', FILE);
  t.is(code, 0);
  t.regex(out, /^reload of web: generation 2/);
  t.is(supervisor.status().generation, 2);
});

test.serial('start-or-reload whose reload fails says so by its code, and needs a file', async (t) => {
  const dir = folder(t, { name: 'web' });
  const { ports } = await running(t, 'web');
  ports.onFork = (worker) => {
    setImmediate(() => worker.exit(1));
  };
  t.is((await runIn(dir, 'start-or-reload', FILE)).code, 1);
  const none = await runIn(dir, 'start-or-reload');
  t.is(none.code, 2);
  t.like(errorIn(none.err), { code: 'SCRIPT_MISSING', fix: 'kf-cluster start-or-reload ecosystem.config.js' });
  t.is((await runIn(dir, 'start-or-reload', 'gone.config.js')).code, 78);
});

test.serial('completion behind --only offers the apps of the file, and behind a name those that run', async (t) => {
  const dir = folder(t, { name: 'web' }, { name: 'jobs' });
  setEnv(t, { SHELL: '/usr/bin/fish' });
  t.is((await runIn(dir, 'complete', '--', 'start', FILE, '--only', '')).out, 'web\njobs\n');
  t.is((await runIn(dir, 'complete', '--', 'start', 'broken.config.js', '--only', '')).out, '', 'nobody is disturbed');
  await running(t, 'other');
  t.is((await runIn(dir, 'complete', '--', 'reload', '')).out, 'other\n');
  t.regex((await runIn(dir, 'completion')).out, /complete -c kf-cluster/, 'that of the shell in SHELL');
});
