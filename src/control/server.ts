import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Server } from 'node:net';
import type { Log } from '../contract/log.js';
import { eventLog } from '../contract/log-events.js';
import type { HttpLimits } from './connection-limits.js';
import type { ControlContext } from './control-context.js';
import { deferred } from './deferred.js';
import { acquireName, type HeldName } from './exclusive-name.js';
import { lazyHttp } from './lazy-http.js';

/** How long a caller may take to read its last answer when the primary ends, in milliseconds. */
const LAST_ANSWERS = 1_000;

/** An answer may follow a log or a reload; a call that is not made to its end is not waited for. */
const LIMITS: HttpLimits = { connections: 64, headMs: 5_000, bodyMs: 5_000, answerMs: undefined, readMs: 30_000 };

/** Without one the commands do not find it. */
const NO_SOCKET = 'status, reload and stop do not reach it: set XDG_RUNTIME_DIR to a short path that is yours alone';

/** The control socket of a supervisor. */
export interface Control {
  /** Whether there is a socket at all. */
  readonly isOpen: boolean;
  /** From here on calls are answered. */
  serve(host: ControlContext): void;
  /** Frees the name, answers those who asked for the stop, and ends what is open. */
  close(): Promise<void>;
}

/**
 * Takes the name, before the first fork. Without a socket, because this machine gives us none, the cluster still runs.
 *
 * @throws KfError NAME_IN_USE
 */
export async function openControl(name: string, log: Log): Promise<Control> {
  const hosting = deferred<ControlContext>();
  const open = new Set<ServerResponse>();
  const waiting: (() => void)[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    open.add(response);
    response.once('close', () => open.delete(response));
    const [{ answerCall }, host] = await Promise.all([import('./routes.js'), hosting.promise]);
    await answerCall(request, response, host, (answer) => void waiting.push(answer));
  };
  const { server, close } = lazyHttp(answer, LIMITS, log);
  const held = await acquireName(name, server);
  logPlace(held, log);
  const keeper = keepPlace(held, server, log);
  return {
    isOpen: held.path !== undefined,
    serve: (host) => {
      hosting.resolve(host);
      // No event comes of its loss: a look at each new worker brings it back, and wakes no idle primary.
      host.supervisor.on('notification', ({ type }) => {
        if (type === 'worker-ready') void keeper.look();
      });
    },
    close: async () => {
      keeper.end();
      const closed = close(LAST_ANSWERS); // its first act is to free the name
      for (const answer of waiting.splice(0)) answer();
      for (const response of open) response.end(); // those who follow the log
      await closed;
    },
  };
}

function logPlace({ path, why }: HeldName, log: Log): void {
  if (path === undefined) eventLog(log, 'control-socket').warn('no control socket', { why, fix: NO_SOCKET });
  else if (why !== undefined)
    eventLog(log, 'control-socket').warn('the control socket is in another place', { why, path });
  else eventLog(log, 'control-socket').debug('control socket', { path });
}

/** Brings the socket back where somebody has removed it: with XDG_RUNTIME_DIR, say, which goes with the last session of a user. */
function keepPlace(held: HeldName, server: Server, log: Log): { look(): Promise<void>; end(): void } {
  const logged = new Set<string>();
  let isBusy = held.path === undefined;
  let isOver = false;
  return {
    look: async () => {
      if (isBusy || isOver || held.isThere()) return;
      isBusy = true;
      const lost = held.path;
      const why = await held.takeAgain();
      isBusy = false;
      if (isOver) server.close();
      const said = eventLog(log, 'control-socket');
      if (why === undefined)
        return said.warn('the control socket was removed, and is there again', { path: held.path });
      if (!logged.has(why)) said.warn('the control socket was removed', { path: lost, why, fix: NO_SOCKET });
      logged.add(why);
    },
    end: () => {
      isOver = true;
    },
  };
}
