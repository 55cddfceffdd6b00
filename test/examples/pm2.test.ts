import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { collector, inRepo } from '../helpers/example.js';
import { get } from '../helpers/http.js';
import { eventsIn } from '../helpers/log-lines.js';

const PM2 = join(createRequire(import.meta.url).resolve('pm2/package.json'), '../bin/pm2');

test.serial('ecosystem.example.js, as ecosystem.config.js, runs the dice under pm2 and loses no span', async (t) => {
  const { store, env } = await collector(t);
  const home = await mkdtemp(join(tmpdir(), 'kf-pm2-'));
  const pm2 = (...args: string[]) =>
    promisify(execFile)(process.execPath, [PM2, ...args], { env: { ...process.env, PM2_HOME: home } });
  t.teardown(async () => {
    await pm2('kill');
    await rm(home, { recursive: true, force: true });
  });
  const file = join(home, 'ecosystem.config.js');
  const example = JSON.stringify(inRepo('ecosystem.example.js'));
  const text = `const [app] = require(${example}).apps;
module.exports = { apps: [{ ...app, env: { ...app.env, ...${JSON.stringify({ ...env, KF_CLUSTER_LOG_FORMAT: 'json' })} } }] };\n`;
  await writeFile(file, text);

  await pm2('start', file); // returns when the supervisor has sent `ready`
  const said = await readFile(join(home, 'logs/dice-error-0.log'), 'utf8');
  t.is(eventsIn(said, 'all-ready', { workers: 4 }).length, 1);
  const [, port = ''] = /:(\d+)\/rolldice/.exec(await readFile(join(home, 'logs/dice-out-0.log'), 'utf8')) ?? [];
  t.regex((await get(port, '/rolldice')).body, /^[1-6]\n$/);
  await pm2('stop', 'all'); // returns when it has ended
  const names = store.spans().map((span) => span.name);
  t.deepEqual(names.sort(), ['GET', 'roll'], 'flushed before pm2 would kill');
});
