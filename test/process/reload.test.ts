import { cpSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { fixture } from '../helpers/cluster.js';
import { session, workDir } from '../helpers/control.js';
import { get } from '../helpers/http.js';
import '../helpers/json-log.js';

const QUICK = ['--no-telemetry', '--canary-time', '0'];

test('reload shows each slot, on stdout in lines or as JSON, and exits 0 when the new generation serves', async (t) => {
  const { start, run } = session(t);
  const cluster = start(['start', fixture('apps/http.cjs'), '-w', '2', ...QUICK]);
  await cluster.ready(2);
  const plain = await run('reload');
  t.is(plain.code, 0);
  for (const slot of [0, 1]) {
    t.regex(plain.stdout, new RegExp(`^slot ${slot}: forking -> ready [\\d.]+ m?s -> old drained [\\d.]+ m?s$`, 'm'));
  }
  const { code, stdout } = await run('reload', '--json');
  t.is(code, 0);
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  t.like(lines[0], { type: 'started', generation: 3, slots: [0, 1] });
  t.like(lines.at(-1), { type: 'done', generation: 3 });
});

test('reload reads config file, what it imports, env file and hooks anew; a key that is gone is gone', async (t) => {
  const { start, run } = session(t);
  const dir = workDir(t);
  const write = (file: string, text: string) => writeFileSync(join(dir, file), text);
  cpSync(fixture('apps/told.cjs'), join(dir, 'app.cjs'));
  write('package.json', '{"name":"told"}');
  write('workers.mjs', 'export const workers = 1;');
  write('app.env', 'TOLD=one\nALSO=yes\n');
  write('hooks.mjs', `export const preFork = ({ slot }) => console.error('old hook', slot);`);
  write(
    'kf-cluster.config.mjs',
    "export { workers } from './workers.mjs'; export const envFile = 'app.env'; export const hooks = ['hooks.mjs'];",
  );
  const cluster = start(['start', join(dir, 'app.cjs'), ...QUICK]);
  const [, port = ''] = await cluster.line(/^listening (\d+)/);
  await cluster.line(/^old hook 0/);
  t.like(JSON.parse((await get(port)).body), { told: 'one', also: 'yes' });

  for (const [round, workers] of [2, 3].entries()) {
    write('workers.mjs', `export const workers = ${workers};`);
    write('app.env', `TOLD=${workers} secrets\n`);
    write('hooks.mjs', `export const preFork = ({ slot }) => console.error(\`hook of ${round} in \${slot}\`);`);
    const dry = await run('reload', '--dry-run');
    t.is(dry.code, 0);
    t.regex(dry.stdout, new RegExp(`^workers: ${workers - 1} -> ${workers}$`, 'm'));
    t.regex(dry.stdout, /^env\.TOLD: \[redacted\] -> \[redacted\]$/m);
    t.false(dry.stdout.includes('secrets'));
    if (round === 0) t.regex(dry.stdout, /^env\.ALSO: \[redacted\] -> unset$/m);
    t.is((await run('reload')).code, 0);
    t.is(cluster.lines.filter((line) => line.startsWith(`hook of ${round}`)).length, workers);
    const body = JSON.parse((await get(port)).body);
    t.is(body.told, `${workers} secrets`);
    t.is(body.also, undefined);
  }
  t.is(JSON.parse((await run('status', '--json')).stdout).target, 3);
  t.is((await run('reload', '--dry-run')).stdout, 'no option or variable changes\n');
});

test('a reload keeps what scale has set, until the configured number is another one', async (t) => {
  const { config, run } = await configured(t);
  const target = async () => JSON.parse((await run('status', '--json')).stdout).target;
  await run('scale', '3');
  t.is((await run('reload')).code, 0);
  t.is(await target(), 3);
  writeFileSync(config, 'export const workers = 2;');
  t.regex((await run('reload')).stdout, /^reload: generation 3, 2 slots$/m);
  t.is(await target(), 2);
});

test('an invalid configuration refuses the reload before a fork: 78, with the error', async (t) => {
  const { config, cluster, run } = await configured(t);
  for (const [text, message] of [
    ['export const workers = "few";', /workers/],
    ['export const worker = 2;', /did you mean workers/],
    ['this is no JavaScript', /SyntaxError/],
    ['process.exit(5);', /ended with code 5/],
  ] as const) {
    writeFileSync(config, text);
    const { code, stderr } = await run('reload');
    t.is(code, 78, text);
    t.regex(stderr, message);
  }
  t.false(cluster.stderr().includes('generation 2'));
  writeFileSync(config, 'export const workers = 1;');
  t.is((await run('reload')).code, 0);
});

test('a version that fails is rolled back: 1, with its own error, and the old one serves', async (t) => {
  const { start, run } = session(t);
  const app = join(workDir(t), 'app.cjs');
  cpSync(fixture('apps/told.cjs'), app);
  const cluster = start(['start', app, '-w', '2', ...QUICK]);
  const [, port = ''] = await cluster.line(/^listening (\d+)/);
  await cluster.ready(2);
  writeFileSync(app, "throw new Error('the new version is broken');");
  const { code, stdout, stderr } = await run('reload');
  t.is(code, 1);
  t.regex(stderr, /the new version is broken[\s\S]*error RELOAD_FAILED/);
  t.regex(stdout, /slot 0: forking -> lost \(boot-failed\)/);
  t.is((await get(port)).status, 200);
  cpSync(fixture('apps/told.cjs'), app);
  t.is((await run('reload')).code, 0);
});

test('a `current` symlink that moved is followed by a reload, and by nothing else', async (t) => {
  const { start, run } = session(t);
  const dir = workDir(t);
  for (const release of ['1', '2']) {
    mkdirSync(join(dir, release));
    cpSync(fixture('apps/told.cjs'), join(dir, release, 'app.cjs'));
  }
  symlinkSync('1', join(dir, 'current'));
  const current = join(dir, 'current');
  const cluster = start(['start', 'app.cjs', '-w', '1', ...QUICK], { cwd: current, env: { PWD: current } });
  const [, port = ''] = await cluster.line(/^listening (\d+)/);
  const serving = async () => JSON.parse((await get(port)).body).dir;
  symlinkSync('2', join(dir, 'next'));
  renameSync(join(dir, 'next'), current);
  t.is((await run('restart')).code, 0);
  t.is(await serving(), join(dir, '1'));
  t.regex((await run('reload', '--dry-run')).stdout, /^cwd: .*1 -> .*2$/m);
  t.is((await run('reload')).code, 0);
  t.is(await serving(), join(dir, '2'));
});

test('a second reload is refused with 75 and what is under way', async (t) => {
  const { start, run, watch } = session(t);
  const cluster = start(['start', fixture('apps/http.cjs'), '-w', '1', '--no-telemetry', '--canary-time', '1h']);
  await cluster.ready(1);
  const first = watch('reload');
  await cluster.event('reload-started', { generation: 2 });
  await cluster.eventTimes('worker-ready', 2, { slot: 0 });
  for (const command of [['reload'], ['scale', '2'], ['restart']]) {
    const { code, stderr } = await run(...command);
    t.is(code, 75, command[0]);
    t.regex(stderr, /BUSY[\s\S]*generation 2 is ready in 1 of 1 slot\b/);
  }
  t.is((await run('stop')).code, 0, 'a stop during a reload wins');
  t.not((await first.exit).code, 0);
  t.is((await cluster.exit).code, 0);
});

/** One worker, as a config file says that can be written again. */
async function configured(t: ExecutionContext) {
  const { start, run } = session(t);
  const dir = workDir(t);
  const config = join(dir, 'kf-cluster.config.mjs');
  cpSync(fixture('apps/told.cjs'), join(dir, 'app.cjs'));
  writeFileSync(config, 'export const workers = 1;');
  const cluster = start(['start', join(dir, 'app.cjs'), ...QUICK]);
  await cluster.ready(1);
  return { config, cluster, run };
}
