import http from 'node:http';
import type { SpanRecord } from '../../src/dev/model.js';

export interface LoadResult {
  readonly answered: number;
  /** The codes of those that were not; `HUNG` for one without an answer within the patience of a client. */
  readonly failed: readonly string[];
}

/** What a client waits for an answer, in milliseconds. */
const PATIENCE = 5_000;

/** Keep-alive clients that ask one request after the other until `stop`. */
export function load(port: number | string, clients: number): { stop(): Promise<LoadResult> } {
  const agent = new http.Agent({ keepAlive: true, maxSockets: clients });
  let on = true;
  let answered = 0;
  const failed: string[] = [];
  const client = async () => {
    while (on) {
      try {
        await ask(port, agent);
        answered += 1;
      } catch (error) {
        failed.push((error as NodeJS.ErrnoException).code ?? String(error));
      }
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

function ask(port: number | string, agent: http.Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = http.get({ host: '127.0.0.1', port, agent, timeout: PATIENCE }, (response) => {
      response.on('error', reject);
      response.on('end', resolve);
      response.resume();
    });
    request.on('timeout', () => request.destroy(Object.assign(new Error('no answer'), { code: 'HUNG' })));
    request.on('error', reject);
  });
}

/** One for each request; the supervisor has spans of its own life beside them. */
export function serverSpans(store: { spans(): readonly SpanRecord[] }): readonly SpanRecord[] {
  return store.spans().filter(({ kind }) => kind === 'server');
}
