import { once } from 'node:events';
import { existsSync, lstatSync, mkdirSync, readdirSync, unlinkSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { fixture, kfCluster, privateDir, type Running } from '../helpers/cluster.js';
import '../helpers/json-log.js';

const APP = fixture('apps/unix-socket.cjs');
/** How many answers of a client that asks one after the other each part of a test waits for. */
const ANSWERS = 30;

interface Started {
  readonly cluster: Running;
  readonly folder: string;
  readonly path: string;
}

async function start(
  t: ExecutionContext,
  how: string,
  flags: readonly string[],
  folder = privateDir(t),
): Promise<Started> {
  const path = join(folder, 'app.sock');
  const cluster = kfCluster(t, ['start', APP, '--no-telemetry', ...flags, '--', path], { env: { HOW: how } });
  await cluster.event('all-ready');
  return { cluster, folder, path };
}

/** One GET on a connection of its own; the pid that answered. */
function ask(path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = http.get({ socketPath: path, agent: false }, (response) => {
      let body = '';
      response.on('data', (chunk) => (body += chunk)).on('end', () => resolve(Number(body)));
    });
    request.on('error', reject);
  });
}

/** Asks on and on; fails at the first request that does. */
function client(path: string) {
  let [answers, ending] = [0, false];
  const turns = new Set<() => void>();
  const done = (async () => {
    for (; !ending; answers += 1) {
      await ask(path);
      for (const turn of turns) turn();
    }
    return answers;
  })();
  const more = (count: number) => {
    const goal = answers + count;
    const reached = new Promise<void>((resolve) => turns.add(() => answers + 1 >= goal && resolve()));
    return Promise.race([reached, done]);
  };
  return {
    more,
    end: () => {
      ending = true;
      return done;
    },
  };
}

async function stop({ cluster, folder }: Started, t: ExecutionContext): Promise<void> {
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
  t.deepEqual(readdirSync(folder), []); // neither the socket nor anything of ours
}

for (const scheduling of ['shared', 'rr']) {
  for (const [how, workers] of [
    ['unlink', 1],
    ['promises', 2],
  ] as const) {
    test(`${scheduling}, ${workers}: an app that removes its socket (${how}) before it listens fails no request in reloads`, async (t) => {
      const started = await start(t, how, ['-w', `${workers}`, '--scheduling', scheduling]);
      const { cluster, path } = started;
      const asking = client(path);
      await asking.more(ANSWERS);
      for (const round of [1, 2]) {
        cluster.kill('SIGHUP');
        await cluster.eventTimes('reload-done', round);
        await asking.more(ANSWERS);
      }
      t.true((await asking.end()) >= 3 * ANSWERS);
      await stop(started, t);
    });
  }
}

test('a socket that a killed primary has left does not keep the next start from listening', async (t) => {
  const first = await start(t, 'plain', ['-w', '1']);
  t.is(typeof (await ask(first.path)), 'number');
  first.cluster.kill('SIGKILL');
  await first.cluster.exit; // with its streams, which the worker holds too
  t.true(existsSync(first.path));
  await t.throwsAsync(ask(first.path), { code: 'ECONNREFUSED' });
  const next = await start(t, 'plain', ['-w', '1'], first.folder);
  t.is(typeof (await ask(next.path)), 'number');
  t.is(next.cluster.events('socket-removed', { path: next.path }).length, 1);
  await stop(next, t);
});

test('the socket of another program stays, and the app is told that the address is in use', async (t) => {
  const folder = privateDir(t);
  const path = join(folder, 'app.sock');
  const other = net.createServer((socket) => socket.on('error', () => undefined).end('other')).listen(path);
  await once(other, 'listening');
  const cluster = kfCluster(t, ['start', APP, '--no-telemetry', '-w', '1', '--', path], { env: { HOW: 'plain' } });
  t.is((await cluster.exit).code, 70);
  t.regex(cluster.stderr(), /EADDRINUSE/);
  const [answer] = await once(net.connect(path), 'data');
  t.is(String(answer), 'other');
  other.close();
});

test('what cannot be removed at the end is named, and the end is a good one', async (t) => {
  const { cluster, folder } = await start(t, 'plain', ['-w', '1']);
  const second = readdirSync(folder).find((name) => name.startsWith('.')) ?? '';
  unlinkSync(join(folder, second));
  mkdirSync(join(folder, second)); // removed by nobody who removes files
  cluster.kill('SIGTERM');
  t.is((await cluster.exit).code, 0);
  t.is(cluster.events('socket-stays', { path: join(folder, second) }).length, 1);
  t.deepEqual(cluster.events('supervisor-goes-on'), []);
  t.notRegex(cluster.stderr(), /error SYSTEM/);
});

test('a socket that somebody removed is back with the next worker', async (t) => {
  const started = await start(t, 'plain', ['-w', '1']);
  const first = await ask(started.path);
  unlinkSync(started.path);
  await t.throwsAsync(ask(started.path), { code: 'ENOENT' });
  process.kill(first, 'SIGHUP'); // says nothing to a worker
  started.cluster.kill('SIGHUP');
  await started.cluster.event('reload-done');
  t.not(await ask(started.path), first);
  await stop(started, t);
});

for (const scheduling of ['shared', 'rr']) {
  test(`${scheduling}: the mode of the socket is what the app asks for or sets, and stays in a reload`, async (t) => {
    const all = await start(t, 'all', ['-w', '1', '--scheduling', scheduling]);
    t.is(lstatSync(all.path).mode & 0o666, 0o666);
    await stop(all, t);
    const own = await start(t, 'chmod', ['-w', '2', '--scheduling', scheduling]);
    await own.cluster.lineTimes(/^listening on/, 2);
    t.is(lstatSync(own.path).mode & 0o777, 0o660);
    own.cluster.kill('SIGHUP');
    await own.cluster.event('reload-done');
    t.is(lstatSync(own.path).mode & 0o777, 0o660);
    await stop(own, t);
  });
}
