import type { ExecutionContext } from 'ava';
import { fixture, kfCluster, type Running, type StartOptions } from './cluster.js';
import './json-log.js';
import { openRaw, type Raw } from './raw.js';

export interface KeepAlive extends Running {
  /** Where its first server listens. */
  readonly at: { readonly port: number; readonly host: string } | { readonly path: string };
  /** A reload from its signal to its end. */
  reload(generation: number): Promise<void>;
}

/** The app of fixtures/drain/keep-alive.cjs. No drain here ends by its timeout. */
export async function keepAlive(
  t: ExecutionContext,
  flags: readonly string[] = ['-w', '1'],
  options: StartOptions = {},
): Promise<KeepAlive> {
  const args = ['start', fixture('drain/keep-alive.cjs'), '--no-telemetry', '--drain-timeout', '10m', ...flags];
  const cluster = kfCluster(t, args, options);
  const [, where = ''] = await cluster.line(/^listening (\S+) \d+/);
  await cluster.event('all-ready');
  const at = where.startsWith('/') ? { path: where } : { port: Number(where), host: '127.0.0.1' };
  const reload = async (generation: number) => {
    cluster.kill('SIGHUP');
    await cluster.event('reload-done', { generation });
  };
  return { ...cluster, at, reload };
}

export interface Client extends Raw {
  /** Sends a request and resolves with the body and whether the answer ends the connection. */
  ask(path?: string): Promise<{ body: string; close: boolean }>;
  request(path: string): void;
  /** The answer to the nth request. */
  answer(nth: number): Promise<{ body: string; close: boolean }>;
}

/** One connection that stays open, and the answers on it. */
export async function client(at: KeepAlive['at']): Promise<Client> {
  const raw = await openRaw(at);
  let sent = 0;
  const request = (path: string) => {
    sent += 1;
    raw.send(`GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`);
  };
  const answer = async (nth: number) => {
    const text = await raw.until({ test: (all) => wholeAnswers(all).length >= nth });
    return wholeAnswers(text)[nth - 1]!;
  };
  return {
    ...raw,
    request,
    answer,
    ask: (path = '/') => {
      request(path);
      return answer(sent);
    },
  };
}

/** All answers that are here in full, each with a `Content-Length`. */
function wholeAnswers(text: string): { body: string; close: boolean }[] {
  const answers: { body: string; close: boolean }[] = [];
  for (let rest = text; ; ) {
    const end = rest.indexOf('\r\n\r\n') + 4;
    const head = rest.slice(0, end);
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1]);
    if (end < 4 || !(rest.length >= end + length)) return answers;
    answers.push({ body: rest.slice(end, end + length), close: /connection: close/i.test(head) });
    rest = rest.slice(end + length);
  }
}
