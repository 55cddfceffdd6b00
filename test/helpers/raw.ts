import net from 'node:net';
import tls from 'node:tls';

/** A connection on which a test says what it likes. */
export interface Raw {
  send(text: string): void;
  /** Everything that came so far, once it matches. Rejects when the connection ends before. */
  until(pattern: Pick<RegExp, 'test'>): Promise<string>;
  /** Everything that came, once the server has ended the connection; rejects when it was reset. */
  readonly ended: Promise<string>;
}

export async function openRaw(where: net.NetConnectOpts, secure = false): Promise<Raw> {
  const socket = secure ? tls.connect({ ...where, rejectUnauthorized: false }) : net.connect(where);
  let text = '';
  let over = false;
  const checks = new Set<() => void>();
  const changed = () => {
    for (const check of [...checks]) check();
  };
  socket.on('data', (chunk) => {
    text += chunk;
    changed();
  });
  const ended = new Promise<string>((resolve, reject) => {
    socket.on('error', reject);
    socket.on('close', () => {
      over = true;
      changed();
      resolve(text);
    });
  });
  ended.catch(() => undefined); // told to whoever awaits it
  await new Promise<void>((resolve, reject) => {
    socket.once(secure ? 'secureConnect' : 'connect', resolve);
    socket.once('error', reject);
  });
  return {
    send: (given) => void socket.write(given),
    until: (pattern) =>
      new Promise((resolve, reject) => {
        const check = () => {
          if (!pattern.test(text) && !over) return;
          checks.delete(check);
          if (pattern.test(text)) resolve(text);
          else reject(new Error(`ended without ${pattern}: ${text}`));
        };
        checks.add(check);
        check();
      }),
    ended,
  };
}

/** Resolves when nobody listens there any more. */
export async function refused(where: net.NetConnectOpts): Promise<void> {
  for (;;) {
    const code = await new Promise<string>((resolve) => {
      const socket = net.connect(where, () => socket.destroy());
      socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
      socket.on('close', () => resolve('accepted'));
    });
    if (code === 'ECONNREFUSED' || code === 'ENOENT') return;
  }
}

/**
 * A port that nobody listens on, below those that the kernel gives to outgoing connections (32768 and up): one of these could
 * be taken while whoever listened there is away.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 12_000 + Math.floor(Math.random() * 20_000);
    if (await canListen(port)) return port;
  }
}

/** For a receiver that a test takes down and up again. */
export async function receiverPorts(): Promise<{ readonly grpcPort: number; readonly httpPort: number }> {
  return { grpcPort: await freePort(), httpPort: await freePort() };
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(false) : reject(error),
    );
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
