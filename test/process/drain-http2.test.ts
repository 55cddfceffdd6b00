import http2 from 'node:http2';
import test from 'ava';
import { serve } from '../helpers/drain.js';
import '../helpers/json-log.js';
import { openRaw, refused } from '../helpers/raw.js';

function connect(kind: string, port: number): http2.ClientHttp2Session {
  const scheme = kind === 'h2' ? 'https' : 'http';
  return http2.connect(`${scheme}://127.0.0.1:${port}`, { rejectUnauthorized: false });
}

/** One request; an error of its stream or its session rejects. */
function ask(session: http2.ClientHttp2Session, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ':path': path });
    let body = '';
    stream.on('data', (chunk) => {
      body += chunk;
    });
    stream.on('error', reject);
    stream.on('end', () => resolve(body));
  });
}

for (const kind of ['h2c', 'h2']) {
  test(`${kind}: streams in flight finish, idle sessions are told to go`, async (t) => {
    const cluster = await serve(t, kind);
    const [busy, idle] = [connect(kind, cluster.port), connect(kind, cluster.port)];
    t.is(await ask(idle, '/'), 'ok');
    const held = ask(busy, '/hold');
    await cluster.line(/^holding/);
    const goaway = new Promise((resolve) => idle.once('goaway', resolve));
    const left = Promise.all([busy, idle].map((session) => new Promise<void>((done) => session.once('close', done))));
    cluster.kill('SIGTERM');
    t.is(await goaway, 0);
    await refused({ port: cluster.port, host: '127.0.0.1' });
    process.kill(cluster.worker, 'SIGUSR2');
    t.is(await held, 'released');
    await left;
    t.is((await cluster.exit).code, 0);
  });

  test(`${kind}: no stream is refused while workers are reloaded`, async (t) => {
    const cluster = await serve(t, kind, {}, ['-w', '2']);
    const load = { on: true, answered: 0 };
    const client = async () => {
      let session = connect(kind, cluster.port);
      while (load.on) {
        // A client that was told to go opens a new session, as it must; nothing is sent twice.
        if (session.closed) session = connect(kind, cluster.port);
        const bodies = await Promise.all([ask(session, '/'), ask(session, '/'), ask(session, '/')]);
        load.answered += bodies.filter((body) => body === 'ok').length;
      }
      session.close();
    };
    const clients = Promise.all(Array.from({ length: 4 }, client));
    for (let generation = 2; generation <= 4; generation += 1) {
      cluster.kill('SIGHUP');
      await Promise.race([cluster.event('reload-done', { generation }), clients]);
    }
    load.on = false;
    await t.notThrowsAsync(clients);
    t.log(`${load.answered} requests`);
    t.true(load.answered > 0);
    cluster.kill('SIGTERM');
    t.is((await cluster.exit).code, 0);
  });
}

test('h2c: a session whose client never says a word does not hold the drain', async (t) => {
  const cluster = await serve(t, 'h2c');
  const silent = await openRaw({ port: cluster.port, host: '127.0.0.1' });
  cluster.kill('SIGTERM');
  // What it would have said is refused: an end and a reset are the same to it.
  await silent.ended.catch((error) => t.is(error.code, 'ECONNRESET'));
  t.is((await cluster.exit).code, 0);
});
