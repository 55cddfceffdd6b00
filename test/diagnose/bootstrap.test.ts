import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { adviceFor } from '../../src/diagnose/bootstrap/advice.js';
import { INSTRUMENTATIONS } from '../../src/diagnose/bootstrap/instrumentation-rows.js';
import { inRange } from '../../src/diagnose/semver.js';
import { kf } from '../helpers/cli.js';
import { depends, installed, write } from './set-up.js';

const SHOP = {
  ...depends({
    pg: '8',
    express: '5',
    mongodb: '2',
    hono: '4',
    'better-sqlite3': '11',
    axios: '1',
    left: '1',
    redis: '5',
  }),
  ...installed('pg', '8.13.0'),
  ...installed('express', '5.1.0'),
  ...installed('mongodb', '2.2.0'),
  ...installed('hono', '4.8.0'),
  ...installed('better-sqlite3', '11.0.0'),
  ...installed('axios', '1.7.0'),
  ...installed('left', '1.0.0'),
  ...installed('redis', '5.1.0', { dependencies: { '@redis/client': '5' } }),
  ...installed('@redis/client', '5.1.0'),
};

test('bootstrap lists what to add, what is unsupported, what needs code, and what does not exist', async (t) => {
  const { code, stdout, stderr } = await kf(['bootstrap'], write(t, { files: SHOP }));
  t.is(code, 0, stderr);
  t.regex(stdout, /^add {9}pg 8\.13\.0: @opentelemetry\/instrumentation-pg \d/m);
  t.regex(stdout, /^add {9}redis 5\.1\.0: @opentelemetry\/instrumentation-redis \d/m);
  t.regex(stdout, /^unsupported mongodb 2\.2\.0: @opentelemetry\/instrumentation-mongodb is for >=3\.3/m);
  t.regex(stdout, /^code {8}hono 4\.8\.0: @hono\/otel .*\n {4}import \{ httpInstrumentationMiddleware \}/m);
  t.regex(stdout, /^nothing {5}better-sqlite3 11\.0\.0: no instrumentation exists/m);
  t.regex(stdout, /^built in {4}axios 1\.7\.0/m);
  t.notRegex(stdout, /left/);
  t.regex(stdout, /^next: npm install --save-exact @opentelemetry\/api@1\.9\.1 @opentelemetry\/instrumentation-/m);
});

test('bootstrap takes the package manager of the lockfile', async (t) => {
  for (const [lockfile, command] of [
    ['pnpm-lock.yaml', /^next: pnpm add --save-exact /m],
    ['yarn.lock', /^next: yarn add --exact /m],
    ['package-lock.json', /^next: npm install --save-exact /m],
  ] as const) {
    const dir = write(t, { files: { ...SHOP, [lockfile]: '' } });
    t.regex((await kf(['bootstrap', '-a', 'install', '--dry-run'], dir)).stdout, command);
  }
});

test('bootstrap says what is there already, and has nothing to install', async (t) => {
  const name = '@opentelemetry/instrumentation-pg';
  const files = { ...depends({ pg: '8', [name]: '0' }), ...installed('pg', '8.13.0'), ...installed(name, '0.76.0') };
  const { stdout } = await kf(['bootstrap', '-a', 'install'], write(t, { files }));
  t.is(stdout, `there       pg 8.13.0: ${name}\n\nnothing to install\n`);
});

/** Writes down what it was called with, and does what a package manager must not. */
const RECORDER = (dir: string, then: string) => `#!/bin/sh\necho "$@" > ${dir}/called\n${then}\n`;

test('bootstrap -a install runs the package manager, and fails when that changes a library of the app', async (t) => {
  const files = { ...depends({ pg: '8' }), ...installed('pg', '8.13.0') };
  const install = async (then: string) => {
    const dir = write(t, { files });
    const bin = join(dir, 'npm');
    writeFileSync(bin, RECORDER(dir, then.replaceAll('DIR', dir)));
    chmodSync(bin, 0o755);
    const ran = await kf(['bootstrap', '-a', 'install'], dir, { PATH: `${dir}:${process.env.PATH}` });
    return { ...ran, called: readFileSync(join(dir, 'called'), 'utf8') };
  };
  const good = await install('true');
  t.is(good.code, 0, good.stderr);
  t.regex(good.called, /^install --save-exact @opentelemetry\/api@1\.9\.1 @opentelemetry\/instrumentation-pg@\d/);
  t.is((await install('exit 7')).code, 1);
  const upgraded = await install(`sed -i s/8.13.0/9.0.0/ DIR/node_modules/pg/package.json`);
  t.is(upgraded.code, 1);
  t.regex(upgraded.stderr, /npm has changed pg/);
});

test('each row of the table is for the versions that it says, and of our family', (t) => {
  t.true(INSTRUMENTATIONS.length >= 25);
  for (const { package: name, version, modules } of INSTRUMENTATIONS) {
    t.regex(version, /^\d+\.\d+\.\d+$/);
    for (const { name: library, ranges } of modules) {
      t.true(ranges.length > 0, `${name}: ${library}`);
      t.truthy(adviceFor(library, '0.0.1'), library);
    }
  }
  t.is(adviceFor('@aws-sdk/client-s3', '3.600.0')?.type, 'add');
  t.is(adviceFor('fastify', '5.1.0')?.type, 'add');
  t.is(
    adviceFor('fastify', '4.9.2')?.type,
    'range',
    'it reads request.routeOptions, and each request of an older one is a 500',
  );
  t.is(adviceFor('hono', '4.7.11')?.type, 'range', 'it imports hono/route');
  t.is(adviceFor('@anthropic-ai/sdk', '0.27.3')?.type, 'range', 'it has no Beta.Messages, which is patched');
  t.is(adviceFor('@anthropic-ai/sdk', '0.133.0')?.type, 'add');
  t.is(adviceFor('@anthropic-ai/sdk', '0.134.0')?.type, 'nothing-needed', 'from there on it makes spans itself');
  t.is(adviceFor('@langchain/core', '0.3.80')?.type, 'range', 'its peer is 1.x: 0.3 passes other arguments');
  t.is(adviceFor('next', '15.0.0')?.type, 'nothing-needed');
  t.is(adviceFor('lodash', '4.0.0'), undefined);
});

for (const [range, good, bad] of [
  ['>=4.0.0 <6', ['4.0.0', '5.9.9', '6.0.0-rc.1'].slice(0, 2), ['3.9.9', '6.0.0']],
  ['^1.2.3', ['1.2.3', '1.9.0'], ['1.2.2', '2.0.0']],
  ['^0.2.3', ['0.2.3', '0.2.9'], ['0.3.0']],
  ['~1.2', ['1.2.0', '1.2.9'], ['1.3.0']],
  ['1.x || >=3', ['1.0.0', '3.1.0'], ['2.0.0']],
  ['1.2.0 - 2.0', ['1.2.0', '2.0.9'], ['2.1.0']],
  ['*', ['0.0.1', '99.0.0'], []],
  ['>1', ['2.0.0'], ['1.9.9']],
  ['<=2.1', ['2.1.9'], ['2.2.0']],
  ['', ['1.0.0'], []],
] as const) {
  test(`the range ${JSON.stringify(range)}`, (t) => {
    for (const version of good) t.true(inRange(version, range), version);
    for (const version of bad) t.false(inRange(version, range), version);
  });
}
