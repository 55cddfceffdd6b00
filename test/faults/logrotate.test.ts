import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { fixture, type Running, watch } from '../helpers/cluster.js';
import { type Session, session, workDir } from '../helpers/control.js';
import { get } from '../helpers/http.js';
import '../helpers/json-log.js';
import { eventsIn } from '../helpers/log-lines.js';

/** Debian's, put in place when it is not there and this user may; else undefined, and the reason is printed. */
function findLogrotate(t: ExecutionContext): string | undefined {
  const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` };
  const find = () => spawnSync('sh', ['-c', 'command -v logrotate'], { env, encoding: 'utf8' }).stdout.trim();
  if (find() === '' && process.getuid?.() === 0) {
    spawnSync('sh', ['-c', 'apt-get update && apt-get install -y logrotate'], { stdio: 'ignore' });
  }
  const found = find();
  if (found !== '') return found;
  t.log('skipped: there is no logrotate here, and it cannot be installed');
  t.pass();
  return undefined;
}

interface Rotated {
  readonly here: Session;
  readonly cluster: Running;
  readonly dir: string;
  readonly port: string;
  readonly pid: number;
  /** Runs logrotate, whatever it thinks of the time. */
  rotate(): void;
  /** Lets the app say `count` lines and waits until they are in the file. */
  talk(count: number): Promise<void>;
}

/** A supervisor that writes a log file, and a logrotate with those directives for it. */
async function setUp(t: ExecutionContext, logrotate: string, directives: readonly string[]): Promise<Rotated> {
  const here = session(t);
  const dir = workDir(t);
  const log = join(dir, 'shop.log');
  const pidfile = join(dir, 'shop.pid');
  const args = ['start', fixture('faults/talks.cjs'), '-w', '1', '--no-telemetry', '--log-file', log];
  const cluster = here.start([...args, '--pidfile', pidfile]);
  const lines = watch(t, 'tail', ['-n', '+1', '-s', '0.05', '--follow=name', '--retry', log]);
  const [, port = ''] = await lines.line(/listening (\d+)/);
  const { pid } = await lines.event('worker-ready');
  const conf = join(dir, 'logrotate.conf');
  writeFileSync(
    conf,
    `${log} {\n${directives.map((line) => `  ${line.replaceAll('PIDFILE', pidfile)}\n`).join('')}}\n`,
  );
  chmodSync(conf, 0o644);
  let said = 0;
  return {
    here,
    cluster,
    dir,
    port,
    pid,
    rotate: () => void execFileSync(logrotate, ['--force', '--state', join(dir, 'state'), conf]),
    talk: async (count) => {
      said += count;
      await get(port, `/talk?lines=${count}`);
      // Not by a reader: copytruncate may leave the file as long as it was, and `tail` then sees nothing new.
      while (linesIn(dir) < 1_000 + said) await get(port, '/talk?lines=0');
    },
  };
}

async function endWell(t: ExecutionContext, { cluster, here, pid }: Rotated): Promise<void> {
  const { workers } = JSON.parse((await here.run('status', '--json')).stdout) as { workers: { pid: number }[] };
  t.is(workers[0]?.pid, pid, 'the worker was not disturbed');
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
}

/** All lines of the app in all files of the log. */
function linesIn(dir: string): number {
  const files = readdirSync(dir).filter((name) => name.startsWith('shop.log'));
  return files.flatMap((name) => readFileSync(join(dir, name), 'utf8').match(/ line \d+ /g) ?? []).length;
}

const RECIPES: Readonly<Record<string, readonly string[]>> = {
  'create, with SIGUSR2': ['rotate 3', 'create', 'postrotate', '  kill -USR2 $(cat PIDFILE)', 'endscript'],
  'create, noticed by itself': ['rotate 3', 'create'],
  nocreate: ['rotate 3', 'nocreate'],
  copytruncate: ['rotate 3', 'copytruncate'],
};

for (const [name, directives] of Object.entries(RECIPES)) {
  test(`logrotate: ${name}; no line is lost, and the new file is written`, async (t) => {
    const logrotate = findLogrotate(t);
    if (logrotate === undefined) return;
    const rotated = await setUp(t, logrotate, directives);
    for (let round = 0; round < 2; round++) {
      rotated.rotate();
      await rotated.talk(10);
      // What is said while the move is not noticed yet stands in the file that was moved.
      while (!/ line \d+ /.test(readFileSync(join(rotated.dir, 'shop.log'), { encoding: 'utf8', flag: 'a+' })))
        await rotated.talk(1);
    }
    await endWell(t, rotated);
    t.true(linesIn(rotated.dir) >= 1_020);
    t.is(eventsIn(readFileSync(join(rotated.dir, 'shop.log'), 'utf8'), 'stopped', { code: 0 }).length, 1);
    t.deepEqual(
      readdirSync(rotated.dir)
        .filter((file) => /^shop\.log/.test(file))
        .sort(),
      ['shop.log', 'shop.log.1', 'shop.log.2'],
    );
  });
}

test('logs --reopen opens it anew at once, and says so; without a log file it is refused', async (t) => {
  const { start, run } = session(t);
  const log = join(workDir(t), 'shop.log');
  const cluster = start([
    'start',
    fixture('apps/http.cjs'),
    '-w',
    '1',
    '--no-telemetry',
    '--log-file',
    log,
    '--name',
    'a',
  ]);
  const lines = watch(t, 'tail', ['-n', '+1', '-F', log]);
  await lines.ready(1);
  execFileSync('mv', [log, `${log}.1`]);
  t.is((await run('logs', 'a', '--reopen')).stdout, `${log} is opened anew\n`);
  t.is(readFileSync(log, 'utf8'), '');
  cluster.kill('SIGUSR2');
  await lines.event('log-reopened', { file: log });
  const other = start(['start', fixture('apps/http.cjs'), '-w', '1', '--no-telemetry', '--name', 'b']);
  await other.ready(1);
  const refused = await run('logs', 'b', '--reopen');
  t.is(refused.code, 1);
  t.regex(refused.stderr, /REFUSED: there is no log file to open anew/);
  other.kill('SIGUSR2');
  await other.event('no-log-file');
  for (const one of [cluster, other]) one.kill('SIGTERM');
  t.deepEqual([(await cluster.exit).code, (await other.exit).code], [0, 0]);
});
