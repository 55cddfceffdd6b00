import http from 'node:http';
import https from 'node:https';
import { tellIfSlow } from './slow.js';

export interface Load {
  /** What went wrong, by its code. */
  readonly failures: string[];
  answered: number;
  /** From now on a new connection that is refused is no failure, and ends its client. */
  stopping: boolean;
  readonly done: Promise<unknown>;
}

/** Clients that ask without a pause; nothing is sent twice. */
export function load(secure: boolean, port: number, count: number, keepAlive: boolean): Load {
  const { Agent, get } = secure ? https : http;
  const ask = (agent: http.Agent) =>
    new Promise<number>((resolve, reject) => {
      const options = { port, host: '127.0.0.1', agent: agent as https.Agent, rejectUnauthorized: false };
      const request = get(options, (response) => {
        response.on('error', reject).on('end', () => resolve(response.statusCode ?? 0));
        response.resume();
      });
      request.on('error', (error) => reject(Object.assign(error, { reused: request.reusedSocket })));
    });
  const client = async () => {
    const agent = new Agent({ keepAlive, maxSockets: 1 });
    for (;;) {
      try {
        const status = await ask(agent);
        if (status !== 200) state.failures.push(String(status));
        state.answered += 1;
      } catch (error) {
        const { code = '', reused } = error as NodeJS.ErrnoException & { reused?: boolean };
        // The kernel resets what nobody had accepted when the last listener closed: no worker ever saw it.
        if (state.stopping && !reused && /^ECONN(REFUSED|RESET)$/.test(code)) return agent.destroy();
        state.failures.push(code);
      }
    }
  };
  const state = { failures: [] as string[], answered: 0, stopping: false, done: Promise.resolve() as Promise<unknown> };
  const clients = Promise.all(Array.from({ length: count }, client));
  state.done = tellIfSlow(
    clients,
    () =>
      `clients of port ${port}: ${state.answered} answered, failed ${state.failures.length} times, ${state.failures.slice(-3)}`,
  );
  return state;
}
