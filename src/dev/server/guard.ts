import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { HttpRefusal } from './http-refusal.js';

/** Who may ask, of one run. */
export interface Guard {
  /** The exact values of Host that are ours, with the port. */
  readonly hosts: ReadonlySet<string>;
  /** 128 bits, as text. */
  readonly token: string;
}

/** Longer than any request of the page; what a filter may have is less. */
const LONGEST_URL = 4_096;

/**
 * Asked before anything else is read of a request. A page whose name was made to lead here (DNS rebinding) has another Host;
 * one of another origin says so in Origin or Sec-Fetch-Site, which no script can set.
 *
 * @throws HttpRefusal
 */
export function checkCaller(request: IncomingMessage, { hosts }: Guard): void {
  const { host, origin } = request.headers;
  if (host === undefined || !hosts.has(host.toLowerCase())) {
    throw new HttpRefusal(421, 'this page answers to its own address only', `Open http://${[...hosts][0]}/`);
  }
  const [, originHost] = /^http:\/\/(.*)$/.exec(origin ?? '') ?? [];
  if (origin !== undefined && (originHost === undefined || !hosts.has(originHost))) {
    throw new HttpRefusal(403, 'this page answers to itself only', 'Open it in a tab of its own.');
  }
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') {
    throw new HttpRefusal(403, 'this page answers to itself only', 'Copy its address from the terminal.');
  }
  if ((request.url ?? '').length > LONGEST_URL) {
    throw new HttpRefusal(414, `the address is longer than ${LONGEST_URL} characters`, 'Make the filter shorter.');
  }
}

/** @throws HttpRefusal */
export function checkToken(request: IncomingMessage, { token }: Guard): void {
  const [, given = ''] = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '') ?? [];
  const [one, other] = [Buffer.from(given), Buffer.from(token)];
  if (one.length === other.length && timingSafeEqual(one, other)) return;
  throw new HttpRefusal(401, 'the token is not that of this run', 'Open the address that the terminal shows.');
}

const NOTHING = [
  "default-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
];

/**
 * Of every answer. Nothing from elsewhere is loaded, framed or sent on, and no text becomes markup or code.
 *
 * No Cross-Origin-Opener-Policy: a browser would start a second process for the document when it reads the header, and the
 * first paint would wait 75 to 130 ms for it. It keeps a site that has opened a window from a handle of it; a document that
 * another site has asked for is refused by checkCaller, so that there is no such window.
 */
export const SAFE_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': NOTHING.join('; '),
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};

/** Of the document: its own style, its own first lines of script, and what they load from here. */
export function documentPolicy(scriptHash: string, styleHash: string): string {
  const own = [
    `script-src 'self' ${scriptHash}`,
    `style-src ${styleHash}`,
    "connect-src 'self'",
    "img-src 'self' data:",
  ];
  return [...NOTHING, ...own].join('; ');
}
