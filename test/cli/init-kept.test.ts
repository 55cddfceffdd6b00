import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import test from 'ava';
import { loadAll } from 'js-yaml';
import { tree } from '../helpers/tree.js';
import { runIn } from './run-here.js';

const APP = { 'package.json': '{ "name": "shop" }', 'app.js': '' };
const load = createRequire(import.meta.url);

/** Of the unit `shop.service`. */
function setting(dir: string, key: string): string | undefined {
  return new RegExp(`^${key}=(.*)$`, 'm').exec(readFileSync(join(dir, 'shop.service'), 'utf8'))?.[1];
}

const COMMAND = /^CMD (.*)$/m;

test.serial('init docker and kubernetes: the flags that were given stand in what they start, as for pm2', async (t) => {
  const dir = tree(t, APP);
  const given = ['app.js', '-w', '3', '--drain-timeout', '40s', '--name', 'web', '--daemon', '--', '--port', '80'];
  const words = ['start', 'app.js', '--workers=3', '--name=web', '--drain-timeout=40s', '--', '--port', '80'];
  const { out } = await runIn(dir, 'init', 'docker', ...given);
  const image = readFileSync(join(dir, 'Dockerfile'), 'utf8');
  t.deepEqual(JSON.parse(COMMAND.exec(image)![1]!), ['node_modules/.bin/kf-cluster', ...words]);
  t.regex(out, /^next: npm install kf-cluster && docker build -t web \. && docker run .*--stop-timeout 48 web$/m);
  await runIn(dir, 'init', 'kubernetes', ...given.slice(0, 1), '--drain-delay', '7s', ...given.slice(1));
  const [{ spec }] = loadAll(readFileSync(join(dir, 'kubernetes.yaml'), 'utf8')) as [Workload];
  t.deepEqual(spec.template.spec.containers[0]?.command, ['node_modules/.bin/kf-cluster', ...words]);
  t.is(spec.template.spec.terminationGracePeriodSeconds, 7 + 40 + 5 + 3);
});

interface Workload {
  readonly spec: {
    readonly template: {
      readonly spec: { terminationGracePeriodSeconds: number; containers: { readonly command: string[] }[] };
    };
  };
}

test.serial('init pm2, systemd and docker: a drain delay is part of the time that a stop is given', async (t) => {
  const dir = tree(t, APP);
  for (const what of ['pm2', 'systemd', 'docker']) await runIn(dir, 'init', what, 'app.js', '--drain-delay', '10s');
  t.is(load(join(dir, 'ecosystem.config.cjs')).apps[0].kill_timeout, 38_000);
  t.is(setting(dir, 'TimeoutStopSec'), '38');
  t.regex(readFileSync(join(dir, 'Dockerfile'), 'utf8'), /--stop-timeout 38 shop\n/);
});

test.serial('init: what package.json starts stands in the file as it was typed', async (t) => {
  const dir = tree(t, { 'package.json': '{ "name": "shop", "scripts": { "start": "node app.js" } }', 'app.js': '' });
  t.is((await runIn(dir, 'init', 'systemd', 'npm', '--', 'start')).code, 0);
  t.regex(setting(dir, 'ExecStart') ?? '', / start npm --name shop .* -- start$/);
});

test.serial('init: where kf-cluster is installed, nothing is to be installed first', async (t) => {
  const dir = tree(t, { ...APP, 'node_modules/.bin/kf-cluster': '', 'pnpm-lock.yaml': '' });
  t.regex((await runIn(dir, 'init', 'docker', 'app.js')).out, /^next: docker build/m);
  t.regex(readFileSync(join(dir, 'Dockerfile'), 'utf8'), /pnpm install/);
  t.regex((await runIn(dir, 'init', 'pm2', 'app.js')).out, /^next: pm2 start/m);
});
