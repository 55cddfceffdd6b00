import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { session, workDir } from '../helpers/control.js';
import '../helpers/json-log.js';

const TRIAL = ['-w', '2', '--canary-time', '1h', '--log-level', 'debug'];
const AHEAD = ['started-ahead', { slot: 1 }] as const;

/** An app and a hook that say their pid as soon as they run. */
function talkative(t: Parameters<typeof workDir>[0]): string {
  const dir = workDir(t);
  writeFileSync(join(dir, 'package.json'), '{"name":"talkative"}');
  writeFileSync(join(dir, 'hook.mjs'), 'export const postFork = () => console.log("hook runs " + process.pid);');
  writeFileSync(
    join(dir, 'app.cjs'),
    'console.log("app runs " + process.pid); require("node:http").createServer((_, r) => r.end("ok")).listen(0);',
  );
  return dir;
}

for (const [form, flags] of [
  ['without telemetry', ['--no-telemetry']],
  ['with telemetry and a hook', ['--hooks', 'hook.mjs']],
] as const) {
  test(`${form}: what is held is no worker, runs nothing, and goes with a stop`, async (t) => {
    const { start, run } = session(t);
    const cluster = start(['start', 'app.cjs', ...TRIAL, ...flags], { cwd: talkative(t) });
    await cluster.ready(2);
    const reload = run('reload');
    const { pid } = await cluster.event(...AHEAD);
    const { workers } = JSON.parse((await run('status', '--json')).stdout) as { workers: { pid: number }[] };
    t.is(workers.length, 3);
    t.false(workers.some((one) => one.pid === Number(pid)));
    await run('stop');
    t.is((await reload).code, 75);
    // Its output ends when the last process that holds it has ended.
    t.is((await cluster.exit).code, 0);
    t.false(cluster.lines.some((line) => line.endsWith(`runs ${pid}`)));
  });

  test(`${form}: what is held does not outlive a primary that was killed`, async (t) => {
    const { start, run } = session(t);
    const cluster = start(['start', 'app.cjs', ...TRIAL, ...flags], { cwd: talkative(t) });
    await cluster.ready(2);
    const reload = run('reload');
    const { pid } = await cluster.event(...AHEAD);
    process.kill(cluster.pid, 'SIGKILL');
    t.is((await cluster.exit).signal, 'SIGKILL');
    t.false(cluster.lines.some((line) => line.endsWith(`runs ${pid}`)));
    await reload;
  });

  test(`${form}: the process that was held becomes the worker`, async (t) => {
    const { start, run } = session(t);
    const quick = TRIAL.map((flag) => (flag === '1h' ? '1ms' : flag));
    const cluster = start(['start', 'app.cjs', ...quick, ...flags], { cwd: talkative(t) });
    await cluster.ready(2);
    t.is((await run('reload')).code, 0);
    const { pid } = await cluster.event(...AHEAD);
    const { workers } = JSON.parse((await run('status', '--json')).stdout) as { workers: object[] };
    t.like(workers.at(-1), { slot: 1, generation: 2, pid: Number(pid) });
    t.true(cluster.lines.includes(`app runs ${pid}`));
  });
}
