import test from 'ava';
import { ROWS } from '../../src/config/options.js';
import { GUNICORN_SETTINGS } from '../../src/platforms/gunicorn/gunicorn-settings.js';
import { kf } from '../helpers/cli.js';
import { tree } from '../helpers/tree.js';

test('each setting stands once, and each option that it names is ours', (t) => {
  const names = GUNICORN_SETTINGS.map(({ name }) => name);
  t.is(new Set(names).size, names.length);
  const options = new Set<string>(ROWS.map(({ name }) => name));
  for (const { name, ours, note } of GUNICORN_SETTINGS) {
    for (const [, option] of `${ours} ${note}`.matchAll(/(?<![\w-])--([a-z][a-z-]+)/g)) {
      if (!/^max-http/.test(option!)) t.true(options.has(option!), `${name}: --${option}`);
    }
    t.true(ours !== '' || note !== '', name);
  }
});

const TYPED: ReadonlyArray<readonly [readonly string[], RegExp]> = [
  [
    ['--bind', '0.0.0.0:8000'],
    /--bind is a setting of Gunicorn\n {2}why: here it is PORT, HOST\. The app calls listen/,
  ],
  [['-b', ':8000'], /-b is a setting of Gunicorn/],
  [['--timeout', '30'], /--timeout is a setting of Gunicorn\n {2}why: here it is --hang-timeout/],
  [['--graceful-timeout', '30'], /here it is --drain-timeout/],
  [['--worker-class', 'gthread'], /asynchronous/],
  [['--preload'], /fork\(\) of Node copies nothing/],
  [['--access-logfile', '-'], /here it is --access-log\./],
  [['--statsd-host', 'x'], /No StatsD/],
  [['--worker-tmp-dir', '/dev/shm'], /There is no heartbeat file/],
  [['-k', 'uvicorn.workers.UvicornWorker'], /-k is a setting of Gunicorn\n {2}why: A worker of Node is asynchronous/],
  [['-e', 'A=b'], /-e is a setting of Gunicorn\n {2}why: here it is --env-file/],
  [['--env', 'A=b'], /--env is a setting of Gunicorn\n {2}why: here it is --env-file/],
  [['-m', '007'], /-m is a setting of Gunicorn\n {2}why: here it is --umask/],
];

for (const [flags, says] of TYPED) {
  test(`${flags.join(' ')} is answered with ours`, async (t) => {
    const { code, stderr } = await kf(['start', 'app.js', ...flags], tree(t, { 'app.js': '' }));
    t.is(code, 2);
    t.regex(stderr, says);
    t.regex(stderr, /fix: .*docs\/GUNICORN\.md has every setting/);
  });
}

test('a duration or size without a unit and a share without its sign are refused, not read as something else', async (t) => {
  const cwd = tree(t, { 'app.js': '' });
  for (const [flag, value, expected] of [
    ['--drain-timeout', '3', /expected a duration with its unit, such as 500ms, 5s[\s\S]*unit: 3s or 3ms\./],
    ['--max-requests-jitter', '50', /expected a share with its sign such as 10%[\s\S]*unit: 50%\./],
    ['--log-max-size', '10', /expected a size with its unit, such as 512MB[\s\S]*unit: 10MB\./],
    ['--heap', '512', /expected auto, off or a size with its unit[\s\S]*unit: 512MB\./],
  ] as const) {
    const { code, stderr } = await kf(['config', 'app.js', flag, value], cwd);
    t.is(code, 2);
    t.regex(stderr, expected);
  }
  t.is((await kf(['config', 'app.js', '--drain-timeout', '0', '--hang-timeout', '3s'], cwd)).code, 0);
});
