import http from 'node:http';
import { get } from './http.js';

export interface LoadResult {
  readonly answered: number;
  /** The codes of those that were not. */
  readonly failed: readonly string[];
}

/** Keep-alive clients that ask one request after the other until `stop`. */
export function load(port: number | string, clients: number): { stop(): Promise<LoadResult> } {
  const agent = new http.Agent({ keepAlive: true, maxSockets: clients });
  let on = true;
  let answered = 0;
  const failed: string[] = [];
  const client = async () => {
    while (on) {
      await get(port, '/', agent).then(
        () => {
          answered += 1;
        },
        (error: NodeJS.ErrnoException) => void failed.push(error.code ?? error.message),
      );
    }
  };
  const all = Promise.all(Array.from({ length: clients }, client));
  return {
    stop: async () => {
      on = false;
      await all;
      agent.destroy();
      return { answered, failed };
    },
  };
}
