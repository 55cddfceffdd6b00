import { type ChildProcess, fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { KfError } from '../contract/errors.js';
import { isOfType } from '../contract/handlers.js';
import type { HelperMessage, HelperOptions, HelperRequest } from './helper-messages.js';
import type { SupervisorEvent } from './supervisor-events.js';

/** The receiver process as its primary sees it. */
export interface Helper {
  readonly pid: number | undefined;
  readonly grpcUrl: string;
  readonly httpUrl: string;
  /** Of the page, if there is one; with the token of this run. */
  readonly pageUrl: string | undefined;
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

type Summary = Extract<HelperMessage, { type: 'summary' }>;

/** Forks the receiver process and waits until it listens. Its lines go to `stdout`. */
export async function startHelper(
  io: { stdout: NodeJS.WritableStream; color: boolean },
  options: HelperOptions,
): Promise<Helper> {
  const helper = fork(script(), [JSON.stringify(options)], {
    // Nothing that is meant for the app (--inspect, preloads, OTEL_*) may reach the receiver.
    execArgv: [],
    env: environment(process.env, io.color),
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  helper.stdout?.pipe(io.stdout, { end: false });
  // Not once(): that one rejects on 'error', which nextMessage answers.
  const closed = new Promise<void>((resolve) => helper.once('close', () => resolve()));
  const listening = await nextMessage(helper, 'listening');
  if (listening === undefined) {
    throw new KfError('INTERNAL', 'the embedded receiver did not start', `its process ${ending(helper)}`, {
      fix: 'See the message of the receiver above; kf-cluster start runs without it.',
    });
  }
  return {
    pid: helper.pid,
    grpcUrl: listening.grpcUrl,
    httpUrl: listening.httpUrl,
    pageUrl: listening.pageUrl,
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
  const unbundled = fileURLToPath(new URL('./receiver-process.js', import.meta.url));
  return existsSync(unbundled) ? unbundled : fileURLToPath(new URL('./receiver.js', import.meta.url));
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
