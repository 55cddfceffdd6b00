import type { IncomingMessage, ServerResponse } from 'node:http';
import { KfError } from '../contract/errors.js';
import type { Log } from '../contract/log.js';

import type { ClusterPhase } from '../contract/phases.js';
import type { HttpLimits } from './connection-limits.js';
import type { ControlContext } from './control-context.js';
import { type Counters, createCounters } from './counters.js';
import { deferred } from './deferred.js';
import { type LazyHttp, lazyHttp } from './lazy-http.js';

/** Whoever reaches the port may ask: of strangers only so many, and none for long. */
const LIMITS: HttpLimits = { connections: 64, headMs: 5_000, bodyMs: 5_000, answerMs: 10_000, readMs: 10_000 };

/** The health port of a supervisor. */
export interface Health {
  readonly port: number;
  serve(host: ControlContext): void;
  close(): Promise<void>;
}

/**
 * Listens for probes and scrapes, before the first fork.
 *
 * @throws KfError PORT_IN_USE when it cannot
 */
export async function openHealth(port: number, host: string, log: Log): Promise<Health> {
  const hosting = deferred<{ host: ControlContext; counters: Counters }>();
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const { host, counters } = await hosting.promise;
    await answerProbe(request, response, host, counters);
  };
  const http = lazyHttp(answer, LIMITS, log);
  return {
    port: await listen(http, port, host),
    serve: (host) => hosting.resolve({ host, counters: createCounters(host.supervisor) }),
    close: () => http.close(0),
  };
}

async function answerProbe(
  request: IncomingMessage,
  response: ServerResponse,
  host: ControlContext,
  counters: Counters,
): Promise<void> {
  const path = request.url?.split('?')[0];
  if (path === '/metrics') {
    const { metricsText } = await import('./cluster-metrics.js');
    response.setHeader('Content-Type', 'text/plain; version=0.0.4; charset=utf-8');
    response.end(await metricsText(host, counters));
    return;
  }
  const probe = PROBES[path ?? ''];
  const problem = probe ? probe(host) : 'the paths are /livez, /readyz, /startupz and /metrics';
  response.statusCode = problem === undefined ? 200 : probe ? 503 : 404;
  response.end(`${problem ?? 'ok'}\n`);
}

/** Whether load balancers should send requests. */
const TAKES_REQUESTS: Readonly<Record<ClusterPhase, boolean>> = {
  running: true,
  reloading: true,
  leaving: false,
  stopping: false,
  stopped: false,
};

/** Undefined is well; a text says what is not. */
const PROBES: Readonly<Record<string, (host: ControlContext) => string | undefined>> = {
  // That it answers is the proof. A worker that does not live is replaced by the supervisor, not by whoever probes.
  '/livez': () => undefined,
  '/readyz': ({ supervisor }) => {
    const { phase, workers } = supervisor.status();
    if (!TAKES_REQUESTS[phase]) return 'stopping';
    return workers.some((one) => one.phase === 'ready') ? undefined : 'no worker is ready';
  },
  '/startupz': ({ supervisor }) => (supervisor.allReadyOnce() ? undefined : 'starting'),
};

function listen({ server }: LazyHttp, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const fail = ({ message }: Error) =>
      reject(new KfError('PORT_IN_USE', `cannot listen on --admin-port ${port}`, message));
    server.once('error', fail);
    server.listen({ port, host, exclusive: true }, () => {
      server.off('error', fail);
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : port);
    });
  });
}
