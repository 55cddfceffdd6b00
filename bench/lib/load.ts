import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { LoadOptions } from './client.js';
import type { Window } from './tally.js';

export type { LoadOptions, Window };

/** Windows by kind of client and by phase. */
export type LoadResult = Readonly<Record<string, Readonly<Record<string, Window>>>>;

export type LoadRequest =
  | { readonly type: 'start'; readonly clients: readonly LoadOptions[]; readonly phase: string }
  | { readonly type: 'phase'; readonly phase: string }
  | { readonly type: 'stop' };

export type LoadReply = { readonly type: 'done' } | { readonly type: 'result'; readonly result: LoadResult };

/** Clients that load a port, at most one of each kind at a time. */
export interface Load {
  readonly pid: number;
  start(clients: readonly LoadOptions[], phase: string): Promise<void>;
  phase(name: string): Promise<void>;
  stop(): Promise<LoadResult>;
  close(): void;
}

export function createLoad(): Load {
  const loader = fork(fileURLToPath(new URL('./load-process.js', import.meta.url)));
  const ask = async (request: LoadRequest): Promise<LoadReply> => {
    const reply = once(loader, 'message') as Promise<[LoadReply]>;
    loader.send(request);
    return (await reply)[0];
  };
  return {
    pid: loader.pid!,
    start: async (clients, phase) => void (await ask({ type: 'start', clients, phase })),
    phase: async (phase) => void (await ask({ type: 'phase', phase })),
    stop: async () => {
      const reply = await ask({ type: 'stop' });
      if (reply.type !== 'result') throw new Error('load process did not answer with a result');
      return reply.result;
    },
    close: () => loader.disconnect(),
  };
}

/** Requests that were due, and those that were not answered with a 200. */
export function failuresOf(windows: Readonly<Record<string, Window>>): {
  requests: number;
  failed: number;
  causes: string;
} {
  const all = Object.values(windows);
  const causes = new Map<string, number>();
  for (const window of all)
    for (const [cause, count] of Object.entries(window.failed)) causes.set(cause, (causes.get(cause) ?? 0) + count);
  const requests = all.reduce((sum, window) => sum + window.requests, 0);
  const failed = [...causes.values()].reduce((sum, count) => sum + count, 0);
  return { requests, failed, causes: [...causes].map(([cause, count]) => `${count} ${cause}`).join(', ') };
}
