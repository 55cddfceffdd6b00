import net from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { openInspector } from '../../src/supervisor/hang/inspector-socket.js';

/** Listens as an inspector does, and says `text` to the first request of a session. */
async function talker(t: ExecutionContext, text: string): Promise<number> {
  const server = net.createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (head) => {
      const { port } = server.address() as net.AddressInfo;
      const target = JSON.stringify([{ webSocketDebuggerUrl: `ws://127.0.0.1:${port}/abc` }]);
      if (head.toString().startsWith('GET /json/list')) return socket.write(`HTTP/1.1 200 OK\r\n\r\n${target}`);
      socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n');
      const frame = Buffer.concat([Buffer.from([0x81, text.length]), Buffer.from(text)]);
      return socket.once('data', () => socket.write(frame));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  return (server.address() as net.AddressInfo).port;
}

for (const text of ['no JSON', 'null', '{"method":"Debugger.scriptParsed"}']) {
  test(`who only looks like an inspector ends the session, and throws nothing: ${text}`, async (t) => {
    const session = await openInspector(await talker(t, text));
    session.on<{ url: string }>('Debugger.scriptParsed', ({ url }) => t.log(url));
    await t.throwsAsync(session.post('Debugger.enable'), { message: /has closed the session/ });
  });
}

test('who is no inspector is told from one by its answer', async (t) => {
  const server = net.createServer((socket) => socket.end('HTTP/1.1 404 Not Found\r\n\r\n'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  await t.throwsAsync(openInspector((server.address() as net.AddressInfo).port), {
    message: /is no inspector|ECONNRESET/,
  });
});
