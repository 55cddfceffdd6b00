import { mkdirSync, mkdtempSync, realpathSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { isAlive, kfCluster } from '../helpers/cluster.js';
import { get } from '../helpers/http.js';
import { load } from '../helpers/load.js';

/** A release of an app: everything in it may be what breaks. */
interface Release {
  readonly app?: string;
  readonly hooks?: string;
  readonly config?: string;
}

const serving = (version: string, after = '') => `
import { createServer } from 'node:http';
const server = createServer((request, response) => response.end('${version}'));
server.listen(0, '127.0.0.1', () => { console.log('${version}', server.address().port, process.pid); ${after} });`;

const TAKEN = `
import { createServer } from 'node:net';
createServer().listen({ path: process.env.TAKEN, exclusive: true });`;

const BROKEN: Readonly<Record<string, { readonly release: Release; readonly words: RegExp }>> = {
  'throws at import': { release: { app: "throw new Error('broken by throwing')" }, words: /broken by throwing/ },
  'rejects at top level': {
    release: { app: "await Promise.reject(new Error('broken by rejecting'))" },
    words: /broken by rejecting/,
  },
  'never listens': { release: { app: 'setInterval(() => undefined, 1000)' }, words: /reason=boot-timeout/ },
  'exits 0': { release: { app: 'process.exit(0)' }, words: /exited with code 0/ },
  'exits after 200 ms': {
    release: { app: serving('two', "setTimeout(() => { console.error('cannot go on'); process.exit(4) }, 200)") },
    words: /cannot go on/,
  },
  'port in use': { release: { app: TAKEN }, words: /EADDRINUSE/ },
  'syntax error': { release: { app: 'const = 1' }, words: /SyntaxError/ },
  'hook throws': {
    release: { hooks: "export function postFork() { throw new Error('broken by a hook') }" },
    words: /broken by a hook/,
  },
  'bad config': { release: { config: '{ "workers": "many" }' }, words: /reload refused.*\s.*workers/ },
  'hangs once it listens': {
    release: { app: serving('two', 'setImmediate(() => { for (;;); })') },
    words: /reason=hang/,
  },
  'hangs at boot': { release: { app: 'for (;;);' }, words: /reason=boot-timeout/ },
};

for (const [kind, { release, words }] of Object.entries(BROKEN)) {
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
    await cluster.line(/ready: 2 workers/);
    const port = started[0]![1]!;
    const clients = load(false, Number(port), 4, true);

    deploy(base, 'two', { app: serving('two'), ...release });
    cluster.kill('SIGHUP');
    await cluster.line(/reload: generation 2 failed|reload refused/);
    t.regex(cluster.stderr() + cluster.stdout(), words);
    for (const [, , pid] of started) t.true(isAlive(Number(pid)));
    t.is((await get(port)).body, 'one');

    deploy(base, 'three', { app: serving('three') });
    cluster.kill('SIGHUP');
    await cluster.line(/reload: generation \d serves/);
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
