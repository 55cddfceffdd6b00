import http from 'node:http';
import type { Socket } from 'node:net';
import type tls from 'node:tls';

/** Milliseconds for the proxy to answer. A request over the tunnel has a time of its own, which is as long at least. */
const ANSWER_MS = 10_000;

/** The authorization of a proxy whose URL names a user. */
export function proxyHeaders({ username, password }: URL): Readonly<Record<string, string>> {
  if (!username) return {};
  const pair = `${decoded(username)}:${decoded(password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(pair).toString('base64')}` };
}

/** A URL may hold a percent sign that encodes nothing: then it is one. */
function decoded(text: string): string {
  return text.replaceAll(/(?:%[0-9a-f]{2})+/gi, (encoded) =>
    Buffer.from(encoded.replaceAll('%', ''), 'hex').toString(),
  );
}

/** A connection to `host:port` of the target through a proxy, by CONNECT. Rejects with the proxy's own status line. */
export function tunnel(proxy: URL, target: URL): Promise<Socket> {
  const authority = `${target.hostname}:${target.port || (target.protocol === 'https:' ? 443 : 80)}`;
  const { request } = proxy.protocol === 'https:' ? process.getBuiltinModule('node:https') : http;
  return new Promise((resolve, reject) => {
    const asked = request({
      ...{ method: 'CONNECT', path: authority, agent: false, timeout: ANSWER_MS },
      host: proxy.hostname.replace(/^\[|\]$/g, ''),
      port: proxy.port || (proxy.protocol === 'https:' ? 443 : 80),
      headers: { host: authority, ...proxyHeaders(proxy) },
    });
    const refuse = (why: string) => reject(new Error(`the proxy ${proxy.host} ${why}`));
    asked.on('connect', (answer, socket, head) => {
      socket.setTimeout(0);
      // A server of HTTP/2 speaks first: what it said may have come with the proxy's answer.
      if (head.length > 0) socket.unshift(head);
      if (Math.floor((answer.statusCode ?? 0) / 100) === 2) return resolve(socket);
      socket.destroy();
      refuse(`refused ${authority}: HTTP status ${answer.statusCode} ${answer.statusMessage ?? ''}`.trimEnd());
    });
    asked.on('response', (answer) => {
      answer.destroy();
      refuse(`takes no CONNECT: HTTP status ${answer.statusCode}`);
    });
    asked.on('timeout', () => asked.destroy(new Error(`no answer within ${ANSWER_MS} ms`)));
    asked.on('error', (error) => refuse(`cannot be used: ${error.message}`));
    asked.end();
  });
}

/** TLS as node:https begins it: inside of a tunnel, or over a connection of its own. */
export function secure(socket: Socket | undefined, target: URL, options: tls.ConnectionOptions): tls.TLSSocket {
  const host = target.hostname.replace(/^\[|\]$/g, '');
  const over = socket === undefined ? { port: Number(target.port || 443) } : { socket };
  const name = /^[\d.]+$|:/.test(host) ? {} : { servername: host };
  return process.getBuiltinModule('node:tls').connect({ ...over, host, ...name, ...options });
}
