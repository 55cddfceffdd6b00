import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { commandOf } from '../../src/config/command-target.js';
import { nodeFs } from '../../src/config/node-fs.js';
import { KfError } from '../../src/contract/errors.js';
import { tree } from '../helpers/tree.js';

const SCRIPTS = {
  start: 'node server.js --port 80',
  serve: 'PORT=3000 NODE_ENV="production" node --no-warnings -r ./first.js dist/main.js',
  cross: 'cross-env A=1 B=2 npm run start -- --more',
  web: 'next start -p 3000',
  npx: 'npx next start',
  typed: 'tsx src/app.ts',
  hooked: 'ts-node src/app.ts --flag',
  prebuilt: 'node server.js',
  preprebuilt: 'npm run build',
  build: 'tsc && node server.js --built',
  piped: 'node server.js | pino-pretty',
  variable: 'node $FILE',
  dev: 'nest start --watch',
  watch: 'node --watch server.js',
  mon: 'nodemon server.js',
  both: 'concurrently "npm:web" "npm:api"',
  loop: 'npm run loop',
  gone: 'no-such-program',
  python: 'python app.py',
};

const FILES = {
  'package.json': JSON.stringify({ name: 'shop', version: '1.2.3', scripts: SCRIPTS }),
  'server.js': '',
  'sub/x.js': '',
  'node_modules/next/dist/bin/next': '#!/usr/bin/env node\n',
  'node_modules/.bin/pnpm-like': '#!/bin/sh\nexec node "$basedir/../next/dist/bin/next" "$@"\n',
};

function app(t: Parameters<typeof tree>[0]) {
  const dir = tree(t, FILES);
  symlinkSync('../next/dist/bin/next', join(dir, 'node_modules/.bin/next'));
  const read = (...words: string[]) => commandOf(words, join(dir, 'sub'), nodeFs);
  const short = (...words: string[]) => {
    const { script, args, nodeArgs } = read(...words)!;
    return [...nodeArgs, script.slice(dir.length + 1), ...args].join(' ');
  };
  const refused = (...words: string[]) => {
    const { code, message, why, fix } = t.throws<KfError>(() => read(...words), { instanceOf: KfError })!;
    t.is(code, 'SCRIPT_IS_COMMAND');
    return [message, why, fix].join(' | ');
  };
  return { dir, read, short, refused };
}

test('the program of Node behind a script of package.json, however that is called', (t) => {
  const { dir, read, short } = app(t);
  for (const words of [
    ['npm', 'start'],
    ['npm', 'run', 'start'],
    ['yarn', 'start'],
    ['pnpm', 'run', 'start'],
    ['start'],
  ]) {
    t.is(short(...words), 'server.js --port 80');
  }
  t.is(short('npm', 'start', '--', '--mine'), 'server.js --port 80 --mine');
  t.is(short('start', '--mine'), 'server.js --port 80 --mine');
  t.is(read('start')?.cwd, dir, 'where npm runs it');
});

test('assignments in front, arguments of Node, and what npm tells a script', (t) => {
  const { dir, read, short } = app(t);
  t.is(short('serve'), '--no-warnings -r ./first.js dist/main.js');
  t.deepEqual(read('serve')?.env, {
    npm_lifecycle_event: 'serve',
    npm_package_json: join(dir, 'package.json'),
    npm_package_name: 'shop',
    npm_package_version: '1.2.3',
    PORT: '3000',
    NODE_ENV: 'production',
  });
  t.is(short('cross'), 'server.js --port 80 --more');
  t.like(read('cross')?.env, { A: '1', B: '2' });
});

test('installed programs, by npm and by pnpm, and loaders', (t) => {
  const { short } = app(t);
  t.is(short('web'), 'node_modules/next/dist/bin/next start -p 3000');
  t.is(short('npx'), 'node_modules/next/dist/bin/next start');
  t.is(short('next', 'start'), 'node_modules/next/dist/bin/next start');
  t.is(short('pnpm-like', 'start'), 'node_modules/next/dist/bin/next start');
  t.is(short('typed'), '--import tsx src/app.ts');
  t.is(short('hooked'), '-r ts-node/register src/app.ts --flag');
});

test('yarn and pnpm run an installed program where there is no script of that name, and exec always', (t) => {
  const { short, refused } = app(t);
  t.is(short('yarn', 'tsx', 'queue/index.ts'), '--import tsx queue/index.ts');
  t.is(short('pnpm', 'next', 'start'), 'node_modules/next/dist/bin/next start');
  t.is(short('pnpm', 'exec', 'next', 'start'), 'node_modules/next/dist/bin/next start');
  t.is(short('npm', 'exec', '--', 'next', 'start'), 'node_modules/next/dist/bin/next start');
  t.is(short('yarn', 'node', 'server.js'), 'server.js');
  t.regex(refused('npm', 'run', 'next'), /none of that name/);
  t.regex(refused('yarn', 'run', 'strat'), /Did you mean start/);
});

test('what is none of these is left to others', (t) => {
  const { read } = app(t);
  t.is(read('nothing'), undefined);
  t.is(read('toString'), undefined);
});

test('a script that stands before it is not run, and that is said', (t) => {
  const { read } = app(t);
  t.regex(read('prebuilt')!.notes.join(), /preprebuilt of .* is not run: npm run build/);
});

test('what cannot be one program of Node says why, and which file to name', (t) => {
  const { refused } = app(t);
  t.regex(refused('build'), /it needs a shell \| .*kf-cluster start server\.js/);
  t.regex(refused('piped'), /it needs a shell/);
  t.regex(refused('variable'), /it needs a shell/);
  t.regex(refused('dev'), /a process of its own \| .*dist\/main\.js/);
  t.regex(refused('watch'), /node --watch runs no file/);
  t.regex(refused('mon'), /a process of its own \| .*--watch/);
  t.regex(refused('both'), /several programs/);
  t.regex(refused('loop'), /runs itself/);
  t.regex(refused('gone'), /no program of Node in node_modules/);
  t.regex(refused('python'), /no program of Node in node_modules/);
  t.regex(refused('npm', 'run', 'strat'), /none of that name; it has start, .* \| Did you mean start\?/);
  t.regex(refused('npm', 'install'), /only the run of a script/);
  t.regex(refused('npm', '--prefix', 'x', 'start'), /only the run of a script/);
});

test('npm start without such a script is server.js; without a package.json it is nothing', (t) => {
  const dir = tree(t, { 'a/package.json': '{}', 'a/server.js': '', 'b/x': '' });
  t.is(commandOf(['npm', 'start'], join(dir, 'a'), nodeFs)?.script, join(dir, 'a/server.js'));
  t.throws(() => commandOf(['npm', 'start'], join(dir, 'b'), nodeFs), { message: /npm start/ });
});
