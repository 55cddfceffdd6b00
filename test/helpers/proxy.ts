import { once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo, type Socket } from 'node:net';
import type { ExecutionContext } from 'ava';

export interface Proxy {
  readonly url: string;
  /** First lines of the requests, as `CONNECT host:port` or `POST http://host/path`. */
  readonly asked: string[];
  readonly authorizations: (string | undefined)[];
  /** Cuts every tunnel that is open. */
  cut(): void;
}

/** A real HTTP proxy: CONNECT and forwarding. Every name leads to this machine. @param refuse a status instead of a tunnel */
export async function startProxy(t: ExecutionContext, { refuse }: { refuse?: number } = {}): Promise<Proxy> {
  const asked: string[] = [];
  const authorizations: (string | undefined)[] = [];
  const tunnels = new Set<Socket>();
  const note = ({ method, url, headers }: http.IncomingMessage) => {
    asked.push(`${method} ${url}`);
    authorizations.push(headers['proxy-authorization']);
  };
  const server = http.createServer((request, response) => {
    note(request);
    const { port, pathname } = new URL(request.url ?? '');
    const { 'proxy-authorization': _, ...headers } = request.headers;
    const on = http.request({ host: '127.0.0.1', port, path: pathname, method: request.method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    on.on('error', () => response.destroy());
    request.pipe(on);
  });
  server.on('connect', (request: http.IncomingMessage, client: Socket, head: Buffer) => {
    note(request);
    client.on('error', () => client.destroy());
    if (refuse !== undefined) return client.end(`HTTP/1.1 ${refuse} No Way\r\n\r\n`);
    const port = Number(request.url?.split(':').at(-1));
    const on = net.connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      on.write(head);
      client.pipe(on).pipe(client);
    });
    on.on('error', () => client.destroy());
    for (const socket of [client, on]) {
      tunnels.add(socket);
      socket.on('close', () => tunnels.delete(socket));
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = () => {
    for (const socket of tunnels) socket.destroy();
  };
  t.teardown(() => {
    cut();
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, authorizations, cut };
}
