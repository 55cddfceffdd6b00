import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Holds the ports of OTLP while a file of tests runs. A receiver of `dev` prefers them, and whoever names no endpoint sends there: the
 * apps of other tests too, whose spans would be counted with those of this one. Who connects is reset, as where nobody listens.
 *
 * @returns those that are held; another one is somebody else's
 */
export async function holdOtlpPorts(): Promise<number[]> {
  const held: number[] = [];
  for (const port of [4317, 4318]) {
    const server = createServer((socket) => void socket.resetAndDestroy()).listen(port, '127.0.0.1');
    const isHeld = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    if (isHeld) held.push(port);
    server.unref();
  }
  return held;
}
