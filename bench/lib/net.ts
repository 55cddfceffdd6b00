import { type AddressInfo, connect, createServer } from 'node:net';

/** A port nobody listens on right now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/**
 * Resolves with the first 200 from this port, asking anew every millisecond: faster would take processor time from
 * those who start. Rejects after `timeoutMs`.
 */
export async function firstOk(port: number, timeoutMs = 20_000): Promise<void> {
  const until = performance.now() + timeoutMs;
  while (!(await askOnce(port))) {
    if (performance.now() > until) throw new Error(`no answer on port ${port} within ${timeoutMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

function askOnce(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () =>
      socket.write('GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n'),
    );
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (text.startsWith('HTTP/1.1 200')) done(true);
    });
    socket.on('error', () => done(false));
    socket.on('close', () => done(false));
    const done = (ok: boolean) => {
      socket.destroy();
      resolve(ok);
    };
  });
}
