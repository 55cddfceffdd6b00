import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'ava';
import { serve } from '../helpers/drain.js';
import { openRaw, refused } from '../helpers/raw.js';

for (const kind of ['net', 'tls']) {
  test(`${kind}: a connection works on while the server drains, until it ends by itself`, async (t) => {
    const cluster = await serve(t, kind);
    const at = { port: cluster.port, host: '127.0.0.1' };
    const client = await openRaw(at, kind === 'tls');
    client.send('one ');
    await client.until(/one $/);
    cluster.kill('SIGTERM');
    await refused(at);
    client.send('two ');
    await client.until(/one two $/);
    client.send('hold');
    await cluster.line(/^holding/);
    process.kill(cluster.worker, 'SIGUSR2');
    t.is(await client.ended, 'one two bye');
    t.is((await cluster.exit).code, 0);
  });

  test(`${kind}: a connection that stays is ended at the drain deadline, without a reset`, async (t) => {
    const cluster = await serve(t, kind, {}, ['-w', '1', '--drain-timeout', '300ms']);
    const client = await openRaw({ port: cluster.port, host: '127.0.0.1' }, kind === 'tls');
    client.send('one');
    await client.until(/one$/);
    cluster.kill('SIGTERM');
    t.is(await client.ended, 'one');
    t.deepEqual(await cluster.exit, { code: 0, signal: null });
  });
}

for (const kind of ['http', 'net']) {
  test(`${kind} on a unix socket drains, and the socket is gone afterwards`, async (t) => {
    const socket = path.join(mkdtempSync(path.join(tmpdir(), 'kf-drain-')), 'app.sock');
    const cluster = await serve(t, kind, { SOCKET: socket });
    const client = await openRaw({ path: socket });
    client.send(kind === 'http' ? 'GET /hold HTTP/1.1\r\nhost: a\r\n\r\n' : 'hold');
    await cluster.line(/^holding/);
    cluster.kill('SIGTERM');
    await refused({ path: socket });
    process.kill(cluster.worker, 'SIGUSR2');
    t.regex(await client.ended, /(released|bye)$/);
    t.is((await cluster.exit).code, 0);
  });
}
