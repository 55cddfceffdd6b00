import { mkdirSync, mkdtempSync, realpathSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import type { ExitReason } from '../../src/contract/exit-reasons.js';
import { isAlive, kfCluster } from '../helpers/cluster.js';
import { get } from '../helpers/http.js';
import '../helpers/json-log.js';
import { load } from '../helpers/load.js';

/** A release of an app: everything in it may be what breaks. */
interface Release {
  readonly app?: string;
  readonly hooks?: string;
  readonly config?: string;
}

interface Broken {
  readonly release: Release;
  /** What it says itself, or the error that it causes. */
  readonly words?: RegExp;
  /** Why its first worker did not stay. */
  readonly reason: ExitReason | 'refused';
}

const serving = (version: string, after = '') => `
import { createServer } from 'node:http';
const server = createServer((request, response) => response.end('${version}'));
server.listen(0, '127.0.0.1', () => { console.log('${version}', server.address().port, process.pid); ${after} });`;

const TAKEN = `
import { createServer } from 'node:net';
createServer().listen({ path: process.env.TAKEN, exclusive: true });`;

const BROKEN: Readonly<Record<string, Broken>> = {
  'throws at import': {
    release: { app: "throw new Error('broken by throwing')" },
    words: /broken by throwing/,
    reason: 'boot-failed',
  },
  'rejects at top level': {
    release: { app: "await Promise.reject(new Error('broken by rejecting'))" },
    words: /broken by rejecting/,
    reason: 'boot-failed',
  },
  'never listens': { release: { app: 'setInterval(() => undefined, 1000)' }, reason: 'boot-timeout' },
  'exits 0': { release: { app: 'process.exit(0)' }, reason: 'boot-failed' },
  'exits after 200 ms': {
    release: { app: serving('two', "setTimeout(() => { console.error('cannot go on'); process.exit(4) }, 200)") },
    words: /cannot go on/,
    reason: 'crash',
  },
  'port in use': { release: { app: TAKEN }, words: /EADDRINUSE/, reason: 'boot-failed' },
  'syntax error': { release: { app: 'const = 1' }, words: /SyntaxError/, reason: 'boot-failed' },
  'hook throws': {
    release: { hooks: "export function postFork() { throw new Error('broken by a hook') }" },
    words: /broken by a hook/,
    reason: 'boot-failed',
  },
  'bad config': { release: { config: '{ "workers": "many" }' }, words: /workers/, reason: 'refused' },
  'hangs once it listens': {
    release: { app: serving('two', 'setImmediate(() => { for (;;); })') },
    reason: 'hang',
  },
  'hangs at boot': { release: { app: 'for (;;);' }, reason: 'boot-timeout' },
};

for (const [kind, { release, words, reason }] of Object.entries(BROKEN)) {
  test.serial(`a new version that ${kind} changes nothing, and a good one reloads at once`, async (t) => {
    const base = realpathSync(mkdtempSync(path.join(tmpdir(), 'kf-broken-')));
    deploy(base, 'one', { app: serving('one') });
    const current = path.join(base, 'current');
    const flags = ['-w', '2', '--no-telemetry', '--boot-timeout', '5s', '--config', path.join(current, 'kf.json')];
    const args = ['start', path.join(current, 'app.mjs'), '--hooks', path.join(current, 'hooks.mjs'), ...flags];
    const taken = path.join(base, 'taken.sock');
    writeFileSync(taken, '');
    const cluster = kfCluster(t, args, { env: { TAKEN: taken } });
    const started = await cluster.lineTimes(/^one (\d+) (\d+)/, 2);
    await cluster.ready(2);
    const port = started[0]![1]!;
    const clients = load(false, Number(port), 4, true);

    deploy(base, 'two', { app: serving('two'), ...release });
    cluster.kill('SIGHUP');
    if (reason === 'refused') await cluster.event('reload-refused', { code: 'CONFIG_INVALID' });
    else await cluster.event('reload-failed', { generation: 2, reason });
    if (words) t.regex(cluster.stderr() + cluster.stdout(), words);
    for (const [, , pid] of started) t.true(isAlive(Number(pid)));
    t.is((await get(port)).body, 'one');

    deploy(base, 'three', { app: serving('three') });
    cluster.kill('SIGHUP');
    await cluster.event('reload-done');
    t.is((await get(port)).body, 'three');
    clients.stopping = true;
    cluster.kill('SIGTERM');
    await clients.done;
    t.deepEqual(clients.failures, []);
    t.is((await cluster.exit).code, 0);
  });
}

/** As a deployment does it: a new folder, and a link that moves in one step. */
function deploy(base: string, name: string, release: Release): void {
  const folder = path.join(base, name);
  mkdirSync(folder);
  writeFileSync(path.join(folder, 'app.mjs'), release.app ?? '');
  writeFileSync(path.join(folder, 'hooks.mjs'), release.hooks ?? 'export function postFork() {}');
  writeFileSync(path.join(folder, 'kf.json'), release.config ?? '{}');
  symlinkSync(name, path.join(base, 'next'));
  renameSync(path.join(base, 'next'), path.join(base, 'current'));
}
