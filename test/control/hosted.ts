import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { Config } from '../../src/config/types.js';
import { KfError } from '../../src/contract/errors.js';
import { type Call, call } from '../../src/control/client.js';
import type { ControlContext } from '../../src/control/control-context.js';
import { answerCall } from '../../src/control/routes.js';
import { createRing } from '../../src/run/log-ring.js';
import { STATS } from '../helpers/worker-stats.js';
import { CONFIG, scripted } from '../supervisor/scripted-ports.js';

/** A supervisor on scripted ports, behind its control socket, whose workers answer what they are asked for. */
export async function hosted(t: ExecutionContext, change: Partial<Config> = {}, next: Partial<Config> = {}) {
  const { supervisor, ports } = scripted({ workers: 2, ...change });
  ports.onSend = (worker, message) => {
    if (message.type === 'stats') worker.say({ type: 'stats', request: message.request, answer: STATS });
    if (message.type === 'metrics') worker.say({ type: 'metrics', request: message.request, answer: '' });
    if (message.type === 'ask-alive') worker.say({ type: 'alive', debugged: false });
    if (message.type === 'stop') worker.exit(0);
  };
  const ring = createRing(() => 5);
  const reloaded: Config = { ...CONFIG, workers: 2, ...change, ...next };
  const host: ControlContext = {
    supervisor,
    reloader: { reload: () => supervisor.reload(reloaded), reading: () => undefined, preview: async () => reloaded },
    output: {
      ring,
      state: () => ({ file: undefined, problem: undefined, dropped: { lines: 3, bytes: 30 } }),
      reopen: () => undefined,
    },
    startedAt: performance.now(),
  };
  const socket = await serve(t, host);
  supervisor.start();
  for (const worker of ports.workers) worker.ready();
  return { supervisor, ports, host, ring, ask: <T, Line = unknown>(what: Call<Line>) => call<T, Line>(socket, what) };
}

/** Answers calls at a socket of its own; what would wait for the cluster's end is answered at once. */
async function serve(t: ExecutionContext, host: ControlContext): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), 'kf-control-'));
  const server = http.createServer(
    (request, response) => void answerCall(request, response, host, (answer) => answer()),
  );
  const socket = join(dir, 's');
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  t.teardown(() => {
    server.close();
    rmSync(dir, { recursive: true });
  });
  return socket;
}

/** The error that a call is answered with. */
export function refused(t: ExecutionContext, asked: Promise<unknown>): Promise<KfError> {
  return t.throwsAsync(asked, { instanceOf: KfError });
}
