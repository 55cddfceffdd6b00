import { once } from 'node:events';
import net from 'node:net';
import { Writable } from 'node:stream';
import test from 'ava';
import { print } from '../../src/cli/print.js';

/** A stdout that answers each write with that error, or with none. */
function stdout(code?: string) {
  const texts: string[] = [];
  const stream = new Writable({
    write: (chunk, _encoding, done) => {
      texts.push(String(chunk));
      done(code === undefined ? null : Object.assign(new Error(code), { code }));
    },
  });
  return { stream, texts };
}

test('it settles when the text is gone, and leaves no listener behind however often it prints', async (t) => {
  const { stream, texts } = stdout();
  for (let i = 0; i < 20; i++) t.true(await print(`${i}`, stream));
  t.is(texts.length, 20);
  t.is(stream.listenerCount('error'), 0);
});

test('a reader that went away is no failure, is said, and is still gone at the next print', async (t) => {
  const { stream } = stdout('EPIPE');
  t.false(await print('a', stream));
  t.false(await print('b', stream));
});

test('the same with a pipe whose other end has closed', async (t) => {
  const server = net.createServer((socket) => socket.destroy()).listen(0);
  t.teardown(() => server.close());
  await once(server, 'listening');
  const socket = net.connect((server.address() as net.AddressInfo).port);
  await once(socket, 'close');
  t.false(await print('a', socket));
});

for (const code of ['ENOSPC', 'EIO', 'EBADF']) {
  test(`${code} of stdout is a failure, and ends no process by an event nobody hears`, async (t) => {
    const { stream } = stdout(code);
    t.like(await t.throwsAsync(print('a', stream)), { code });
    await new Promise(setImmediate); // behind the event
  });
}
