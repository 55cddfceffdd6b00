import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { isSystemError } from '../../contract/system-error.js';
import { json, serveApi } from './api.js';
import { type Asset, isAsset, readAsset } from './assets.js';
import { checkCaller, checkToken, type Guard, SAFE_HEADERS } from './guard.js';
import { HttpRefusal } from './http-refusal.js';
import type { PageData } from './page-data.js';

interface PageServer {
  /** With the token of this run in its fragment, which no browser sends anywhere. */
  readonly url: string;
  close(): Promise<void>;
}

const HOST = '127.0.0.1';
const MOST_CONNECTIONS = 64;
/** Default port; when it is taken, any free one. */
const PAGE_PORT = 4319;

/** Serves the page on loopback. @param port preferred; 0: any */
export async function startPage(data: PageData, port: number = PAGE_PORT): Promise<PageServer> {
  const hosts = new Set<string>();
  const guard = { hosts, token: randomBytes(16).toString('base64url') };
  const server = createServer({ headersTimeout: 10_000, requestTimeout: 60_000 }, (request, response) => {
    serve(data, guard, request, response).catch((error: Error) => {
      if (error instanceof HttpRefusal && !response.headersSent) refuse(request, response, error);
      else response.destroy(error);
    });
  });
  server.maxConnections = MOST_CONNECTIONS;
  const bound = await bind(server, port);
  for (const name of [HOST, 'localhost']) hosts.add(`${name}:${bound}`);
  return {
    url: `http://${HOST}:${bound}/#${guard.token}`,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function serve(data: PageData, guard: Guard, request: IncomingMessage, response: ServerResponse): Promise<void> {
  for (const [name, value] of Object.entries(SAFE_HEADERS)) response.setHeader(name, value);
  checkCaller(request, guard);
  const url = urlOf(request);
  if (!url.pathname.startsWith('/api/')) return serveAsset(request, response, url.pathname);
  checkToken(request, guard);
  await serveApi({ data, request, response, url });
}

function urlOf({ url = '/' }: IncomingMessage): URL {
  const parsed = URL.canParse(url, `http://${HOST}`) ? new URL(url, `http://${HOST}`) : undefined;
  if (parsed?.hostname === HOST && url.startsWith('/')) return parsed;
  throw new HttpRefusal(400, 'the address is no path', 'Open the address that the terminal shows.');
}

async function serveAsset(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    throw new HttpRefusal(405, `${request.method} is not GET`, 'Use GET.');
  }
  const asset = await readAsset(path);
  if (asset !== undefined) sendAsset(request, response, asset);
  else if (isAsset(path)) {
    const text = 'This build of kf-cluster has no page; its data is at /api, see docs/DEV.md\n';
    response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' }).end(text);
  } else throw new HttpRefusal(404, 'there is no such file', 'Open the address that the terminal shows.');
}

function sendAsset(request: IncomingMessage, response: ServerResponse, { type, gzipped, policy }: Asset): void {
  const compressed = /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''));
  const body = compressed ? gzipped : gunzipSync(gzipped);
  response.writeHead(200, {
    'content-type': type,
    'content-length': body.length,
    vary: 'accept-encoding',
    ...(compressed && { 'content-encoding': 'gzip' }),
    ...(policy !== undefined && { 'content-security-policy': policy }),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

function refuse(request: IncomingMessage, response: ServerResponse, { status, body }: HttpRefusal): void {
  if (status === 405) response.setHeader('allow', request.url?.startsWith('/api/import') ? 'POST' : 'GET');
  if (status === 503) response.setHeader('retry-after', '1');
  // What is left of an unread body must not be taken for the next request.
  if (!request.complete) response.setHeader('connection', 'close');
  json(response, status, body);
}

async function bind(server: Server, preferred: number): Promise<number> {
  try {
    await listening(server, preferred);
  } catch (error) {
    if (preferred === 0 || !isSystemError(error) || !['EADDRINUSE', 'EACCES'].includes(error.code ?? '')) throw error;
    await listening(server, 0);
  }
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('a TCP server has a port');
  return address.port;
}

async function listening(server: Server, port: number): Promise<void> {
  server.listen(port, HOST);
  await once(server, 'listening');
}
