import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test from 'ava';
import { root } from '../helpers/run-node.js';

/** What each room may import, from the bottom up; a longer path is a room of its own. `hooks` and `telemetry` know each other. */
const ROOMS: Readonly<Record<string, string>> = {
  'src/contract': '',
  'src/system': 'contract',
  'src/core': 'contract',
  'src/worker/node-internals': 'contract',
  'src/telemetry/outbox': 'contract system',
  'src/otel-env': 'contract system',
  hooks: 'contract worker/node-internals telemetry',
  'src/config': 'contract system otel-env hooks',
  'src/telemetry': 'contract system otel-env hooks config telemetry/outbox worker/node-internals',
  'src/worker': 'contract system core hooks config telemetry worker/node-internals',
  'src/supervisor': 'contract system core hooks config worker/node-internals',
  'src/control': 'contract system core config otel-env supervisor',
  'src/platforms/pm2/ecosystem': 'contract system otel-env hooks config platforms/pm2',
  'src/platforms/pm2/preload': 'contract config worker',
  'src/platforms/gunicorn': 'contract',
  'src/platforms/docker': 'config',
  'src/platforms/kubernetes': 'contract',
  'src/platforms/pm2': 'contract system supervisor platforms/gunicorn platforms/pm2/ecosystem',
  'src/run': 'contract system core otel-env config control supervisor worker/node-internals platforms/pm2',
  'src/platforms/pm2/launcher': 'contract system run platforms/pm2/ecosystem',
  'src/diagnose/lints': 'contract',
  'src/diagnose':
    'contract system otel-env config control telemetry telemetry/outbox platforms/pm2/ecosystem diagnose/lints',
  'src/dev/page': 'dev',
  'src/dev': 'contract system core otel-env config control supervisor run diagnose/lints',
  'src/cli':
    'contract system otel-env config control run dev diagnose diagnose/lints platforms/docker platforms/kubernetes platforms/gunicorn platforms/pm2 platforms/pm2/ecosystem platforms/pm2/launcher',
  'src/api': 'contract core hooks config run telemetry worker/node-internals platforms/pm2/preload',
};

const sources = ['src', 'hooks'].flatMap((top) =>
  readdirSync(join(root, top), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.[cm]?tsx?$/.test(name))
    .map((name) => join(top, name)),
);
const IMPORT = /^(?:import|export)(?<type> type)?\b[^;]*?from '(?<static>[^']+)'|import\('(?<dynamic>[^']+)'\)/gm;
const sourceAt = (path: string) =>
  ['.tsx', '.ts'].map((ending) => path.replace(/\.js$/, ending)).find((file) => sources.includes(file)) ??
  path.replace(/\.js$/, '.ts');
const importsOf = (file: string) =>
  [...readFileSync(join(root, file), 'utf8').matchAll(IMPORT)].map(({ groups = {} }) => {
    const path = groups.static ?? groups.dynamic ?? '';
    const to = path.startsWith('.') ? sourceAt(join(dirname(file), path)) : path;
    return { to, value: groups.static !== undefined && groups.type === undefined };
  });
const roomOf = (file: string) =>
  Object.keys(ROOMS).reduce(
    (best, room) => (file.startsWith(`${room}/`) && room.length > best.length ? room : best),
    '',
  );

test('no room imports one above it, and core is pure', (t) => {
  const wrong = sources.flatMap((file) => {
    const room = roomOf(file);
    const allowed = (ROOMS[room] ?? '').split(' ').map((name) => name.replace(/^(?!hooks$)/, 'src/'));
    return importsOf(file)
      .filter(({ to }) => (roomOf(to) ? roomOf(to) !== room && !allowed.includes(roomOf(to)) : room === 'src/core'))
      .map(({ to }) => `${file} -> ${to}`);
  });
  t.deepEqual(wrong, []);
});

test('no file imports itself by way of others', (t) => {
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): string[] => {
    if (path.includes(file)) return [[...path.slice(path.indexOf(file)), file].join(' -> ')];
    if (done.has(file)) return [];
    const found = importsOf(file).flatMap(({ to, value }) => (value && roomOf(to) ? visit(to, [...path, file]) : []));
    done.add(file);
    return found;
  };
  t.deepEqual(
    sources.flatMap((file) => visit(file, [])),
    [],
  );
});
