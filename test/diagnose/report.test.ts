import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { kf } from '../helpers/cli.js';
import { session } from '../helpers/control.js';
import '../helpers/json-log.js';
import { write } from './set-up.js';

const SECRET = 's3cr3t-0f-the-header';
const ENV = {
  OTEL_EXPORTER_OTLP_HEADERS: `kf-api-key=${SECRET}`,
  OTEL_SERVICE_NAME: 'shop',
  DATABASE_URL: `postgres://u:${SECRET}@db/x`,
};

test('report: one archive for its owner alone, with what a support request needs, and no secret', async (t) => {
  const dir = write(t, {});
  const { code, stdout, stderr } = await kf(['report', 'app.js', '--offline'], dir, { HOME: dir, ...ENV });
  t.is(code, 0, stderr);
  const file = join(dir, 'kf-cluster-report.tar.gz');
  t.true(stdout.startsWith(`${file}\n`));
  t.is(statSync(file).mode & 0o777, 0o600);
  const again = await kf(['report', 'app.js', '--offline'], dir, { HOME: dir, ...ENV });
  t.is(again.code, 1);
  t.regex(again.stderr, /is there already\n.*overwrites nothing\n.*--out FILE/);
  mkdirSync(join(dir, 'out'));
  execFileSync('tar', ['-xzf', file, '-C', join(dir, 'out')]);
  const read = (name: string) => JSON.parse(execFileSync('cat', [join(dir, 'out', name)], { encoding: 'utf8' }));
  t.is(read('doctor.json').version, 1);
  t.is(read('environment.json').variables.OTEL_SERVICE_NAME, 'shop');
  t.is(read('environment.json').variables.OTEL_EXPORTER_OTLP_HEADERS, '[redacted]');
  t.is(read('config.json').config.name, 'shop');
  t.deepEqual(read('spool.json').files, []);
  t.false(
    execFileSync(
      'cat',
      ['-r'].length
        ? [
            join(dir, 'out', 'environment.json'),
            join(dir, 'out', 'config.json'),
            join(dir, 'out', 'doctor.json'),
            join(dir, 'out', 'versions.json'),
          ]
        : [],
      { encoding: 'utf8' },
    ).includes(SECRET),
  );
});

test('report: never overwrites a file', async (t) => {
  const dir = write(t, { files: { 'mine.tar.gz': 'mine' } });
  const { code } = await kf(['report', 'app.js', '--offline', '--out', 'mine.tar.gz'], dir, { HOME: dir });
  t.is(code, 1);
});

test('report: an app that has logged its key has no report, but for one without the log', async (t) => {
  const { start } = session(t);
  const dir = write(t, {
    files: {
      'app.js': `console.error('key', process.env.OTEL_EXPORTER_OTLP_HEADERS); require('node:http').createServer(() => undefined).listen(0);`,
    },
  });
  const env = { ...ENV, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9', XDG_STATE_HOME: join(dir, 'state') };
  const one = start(['start', join(dir, 'app.js'), '-w', '1', '--name', 'tells'], { env });
  await one.ready(1);
  const report = async (...args: string[]) => {
    const run = start(
      ['report', join(dir, 'app.js'), '--name', 'tells', '--offline', '--out', join(dir, 'r.tar.gz'), ...args],
      { env },
    );
    return { code: await run.exit, stderr: run.stderr() };
  };
  const refused = await report();
  t.regex(refused.stderr, /no report is written: log\.txt holds what OTEL_EXPORTER_OTLP_HEADERS says/);
  t.false(refused.stderr.includes(SECRET));
  t.false(existsSync(join(dir, 'r.tar.gz')));
  t.is((await report('--no-logs')).stderr, '');
  t.true(existsSync(join(dir, 'r.tar.gz')));
  one.kill('SIGTERM');
  await one.exit;
});
