import dns from 'node:dns/promises';
import net from 'node:net';
import tls from 'node:tls';
import { codeOf, messageOf } from '../../contract/system-error.js';

/** Where a request goes: a host and a port, or a socket file. */
export interface Place {
  readonly host: string;
  readonly port: number;
  readonly path: string | undefined;
  readonly secure: boolean;
}

export function placeOf(url: string): Place {
  const path = /^unix:(?:\/\/)?(.*)$/.exec(url)?.[1];
  if (path !== undefined) return { host: path, port: 0, path, secure: false };
  const { hostname, port, protocol } = new URL(url);
  const secure = protocol === 'https:';
  const host = hostname.replace(/^\[|\]$/g, '');
  return { host, port: port === '' ? (secure ? 443 : 80) : Number(port), path: undefined, secure };
}

export interface Reached {
  readonly address: string;
  /** Undefined when it answered. */
  readonly error: string | undefined;
}

/** The addresses of a host. Throws what the resolver throws. */
export async function addressesOf({ host, path }: Place, ms: number): Promise<readonly string[]> {
  if (path !== undefined || net.isIP(host)) return [host];
  const found = await within(dns.lookup(host, { all: true }), ms, `no answer within ${ms} ms`);
  return found.map(({ address }) => address);
}

/** Connects and closes again. */
export function reach(place: Place, address: string, ms: number): Promise<Reached> {
  return new Promise((resolve) => {
    const socket = place.path === undefined ? net.connect(place.port, address) : net.connect(place.path);
    const end = (error: string | undefined) => {
      socket.destroy();
      resolve({ address, error });
    };
    socket.setTimeout(ms, () => end(`no answer within ${ms} ms`));
    socket.once('connect', () => end(undefined));
    socket.once('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
  });
}

/** What came of a TLS handshake. */
export interface Handshake {
  /** Node's or OpenSSL's code of what was wrong; undefined when the certificate was accepted. */
  readonly code: string | undefined;
  readonly message: string;
  /** What was agreed on: `h2`, `http/1.1`, or nothing. */
  readonly alpn: string | undefined;
  /** Of the certificate that was shown. */
  readonly subject: string | undefined;
  readonly issuer: string | undefined;
  readonly names: string | undefined;
  readonly validTo: string | undefined;
}

/**
 * Shakes hands whatever the certificate says, and reports what verification says of it.
 *
 * @param untilAlert waits on for the other side to end it: in TLS 1.3 a server that misses a client's certificate says so
 *   when the handshake is over for the client
 */
export function handshake(
  place: Place,
  files: tls.ConnectionOptions,
  ms: number,
  untilAlert = false,
): Promise<Handshake> {
  return new Promise((resolve) => {
    const servername = net.isIP(place.host) ? {} : { servername: place.host };
    const options = { host: place.host, port: place.port, ALPNProtocols: ['h2', 'http/1.1'], ...servername, ...files };
    const socket = tls.connect({ ...options, rejectUnauthorized: false });
    const end = (code: string | undefined, message: string) => {
      const { subject, issuer, subjectaltname: names, valid_to: validTo } = socket.getPeerCertificate?.() ?? {};
      const alpn = typeof socket.alpnProtocol === 'string' ? socket.alpnProtocol : undefined;
      clearTimeout(timer);
      socket.destroy();
      resolve({ code, message, alpn, subject: nameOf(subject), issuer: nameOf(issuer), names, validTo });
    };
    const timer = setTimeout(() => {
      if (socket.getPeerCertificate() && untilAlert) verified(socket, end);
      else end('TIMEOUT', `no answer within ${ms} ms`);
    }, ms);
    socket.on('error', (error: NodeJS.ErrnoException) => end(error.code ?? 'ERROR', error.message));
    if (untilAlert) socket.once('close', () => end('ECONNRESET', 'the connection was closed behind the handshake'));
    else socket.once('secureConnect', () => verified(socket, end));
  });
}

function verified(socket: tls.TLSSocket, end: (code: string | undefined, message: string) => void): void {
  // Node gives a code, and not the Error that its types say.
  const error: unknown = socket.authorizationError;
  if (typeof error === 'string') end(error, error);
  else end(codeOf(error), error ? messageOf(error) : '');
}

function nameOf(one: tls.Certificate | undefined): string | undefined {
  const name = one?.CN ?? one?.O;
  return Array.isArray(name) ? name[0] : name;
}

async function within<T>(work: Promise<T>, ms: number, why: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(why)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
