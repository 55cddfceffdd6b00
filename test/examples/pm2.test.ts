import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { type Running, watch } from '../helpers/cluster.js';
import { collector, inRepo } from '../helpers/example.js';
import { get } from '../helpers/http.js';

const PM2 = join(createRequire(import.meta.url).resolve('pm2/package.json'), '../bin/pm2');

/** pm2 in the foreground, with a home of its own; `stop` is `pm2 stop all`, which returns when the apps have ended. */
async function pm2(t: ExecutionContext, file: string, env: Record<string, string>) {
  const home = await mkdtemp(join(tmpdir(), 'kf-pm2-'));
  t.teardown(() => rm(home, { recursive: true, force: true }));
  const run = (...args: string[]): Running =>
    watch(t, process.execPath, [PM2, ...args], { env: { ...env, PM2_HOME: home }, cwd: inRepo('.') });
  return {
    running: run('start', file, '--no-daemon'),
    stop: () => run('stop', 'all').exit,
    kill: () => run('kill').exit,
  };
}

/** The example by a name that pm2 takes for a configuration, with the environment of the test. */
async function asConfig(t: ExecutionContext, env: Record<string, string>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'kf-ecosystem-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const file = join(folder, 'ecosystem.config.js');
  const example = JSON.stringify(inRepo('ecosystem.example.js'));
  const text = `const [app] = require(${example}).apps;
module.exports = { apps: [{ ...app, env: { ...app.env, ...${JSON.stringify(env)} } }] };\n`;
  await writeFile(file, text);
  return file;
}

for (const form of ['as ecosystem.config.js', 'by its own name']) {
  test.serial(`ecosystem.example.js runs the dice under pm2, ${form}`, async (t) => {
    const { store, env } = await collector(t);
    const file = form === 'by its own name' ? inRepo('ecosystem.example.js') : await asConfig(t, env);
    const { running, stop, kill } = await pm2(t, file, env);
    const [, port = ''] = await running.line(/dice on http:\/\/localhost:(\d+)\//);
    await running.line(/ready: 4 workers/);
    t.regex((await get(port, '/rolldice')).body, /^[1-6]\n$/);
    await stop();
    await kill();
    t.deepEqual(
      store
        .spans()
        .map((span) => span.name)
        .sort(), // flushed on the way out: nothing was lost to pm2's SIGKILL
      ['GET', 'roll'],
    );
  });
}
