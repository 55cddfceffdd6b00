import { type ChildProcess, fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isOfType } from '../contract/handlers.js';
import type { HelperMessage, HelperOptions, HelperRequest } from './helper-messages.js';
import { GRPC_PORT, HTTP_PORT, openPort } from './open-port.js';
import type { SupervisorEvent } from './supervisor-events.js';

/** The receiver process as its primary sees it. */
export interface Helper {
  readonly pid: number | undefined;
  readonly grpcUrl: string;
  readonly httpUrl: string;
  /** Settles when the process takes what was sent, or has ended before. */
  readonly started: Promise<Started>;
  /** Never throws, and waits for nothing: what cannot be sent now is left out. */
  supervisor(event: SupervisorEvent): void;
  /** Settles when the process ends, for whatever reason. */
  readonly ended: Promise<void>;
  /**
   * Settles the open traces, waits for the last line and the exit. Undefined when the process died before.
   *
   * @param record false: nothing has run, and what an earlier run has recorded stays. Default true.
   */
  finish(record?: boolean): Promise<Summary | undefined>;
}

interface Started {
  /** Of the page, if there is one; with the token of this run. */
  readonly pageUrl?: string;
  /** Why it has ended before. */
  readonly problem?: string;
}

type Summary = Extract<HelperMessage, { type: 'summary' }>;

const HOST = '127.0.0.1';
/** Behind stdin, stdout, stderr and the channel. */
const SOCKETS = { grpc: 4, http: 5 };

/**
 * Forks the receiver process. It listens when this resolves: what is sent before it has loaded waits for it. Its lines go to
 * `stdout`.
 */
export async function startHelper(
  io: { stdout: NodeJS.WritableStream; color: boolean },
  options: Omit<HelperOptions, 'sockets'>,
): Promise<Helper> {
  const ports = await Promise.all([openPort(HOST, GRPC_PORT), openPort(HOST, HTTP_PORT)]);
  const [grpc, http] = ports;
  const helper = fork(script(), [JSON.stringify({ ...options, sockets: SOCKETS } satisfies HelperOptions)], {
    // Nothing that is meant for the app (--inspect, preloads, OTEL_*) may reach the receiver.
    execArgv: [],
    env: environment(process.env, io.color),
    stdio: ['ignore', 'pipe', 'inherit', 'ipc', grpc.fd, http.fd],
  });
  for (const port of ports) port.close();
  helper.stdout?.pipe(io.stdout, { end: false });
  // Not once(): that one rejects on 'error', which nextMessage answers.
  const closed = new Promise<void>((resolve) => helper.once('close', () => resolve()));
  return {
    pid: helper.pid,
    grpcUrl: `http://${HOST}:${grpc.port}`,
    httpUrl: `http://${HOST}:${http.port}`,
    started: startOf(helper),
    supervisor: createSender(helper),
    ended: closed,
    finish: async (record = true) => {
      const summary = helper.connected ? nextMessage(helper, 'summary') : undefined;
      if (helper.connected) helper.send({ type: 'finish', record } satisfies HelperRequest);
      const said = await summary;
      await closed;
      return said;
    },
  };
}

async function startOf(helper: ChildProcess): Promise<Started> {
  const listening = await nextMessage(helper, 'listening');
  return listening ?? { problem: `its process ${ending(helper)}` };
}

/** Events that a blocked receiver has not read yet; a sample is out of date by then. */
const MOST_UNREAD = 256;

function createSender(helper: ChildProcess): Helper['supervisor'] {
  let unread = 0;
  return (event) => {
    if (!helper.connected || unread >= (event.type === 'sample' ? 2 : MOST_UNREAD)) return;
    unread += 1;
    // With a callback a broken channel is no event that nobody hears.
    helper.send({ type: 'supervisor', event } satisfies HelperRequest, () => {
      unread -= 1;
    });
  };
}

/** In the bundle it is receiver.js beside us; unbundled it is receiver-process.js, and receiver.js something else. */
function script(): string {
  const unbundled = join(import.meta.dirname, './receiver-process.js');
  return existsSync(unbundled) ? unbundled : join(import.meta.dirname, './receiver.js');
}

function environment(env: NodeJS.ProcessEnv, color: boolean): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(([name]) => !/^(OTEL_|KF_|NODE_OPTIONS$|NO_COLOR$|FORCE_COLOR$)/.test(name));
  return { ...Object.fromEntries(kept), ...(color ? { FORCE_COLOR: '1' } : { NO_COLOR: '1' }) };
}

/** Undefined when the process ends first. */
function nextMessage<T extends HelperMessage['type']>(
  helper: ChildProcess,
  type: T,
): Promise<Extract<HelperMessage, { type: T }> | undefined> {
  return new Promise((resolve) => {
    const onMessage = (message: HelperMessage) => {
      if (isOfType(message, type)) settle(message);
    };
    const onEnd = () => settle(undefined);
    const settle = (result: Extract<HelperMessage, { type: T }> | undefined) => {
      helper.off('message', onMessage).off('exit', onEnd).off('error', onEnd);
      resolve(result);
    };
    helper.on('message', onMessage).once('exit', onEnd).once('error', onEnd);
  });
}

function ending(helper: ChildProcess): string {
  return helper.signalCode ? `was ended by ${helper.signalCode}` : `exited with ${helper.exitCode}`;
}
