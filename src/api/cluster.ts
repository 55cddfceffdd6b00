import { EventEmitter } from 'node:events';
import type { LoadInput } from '../config/load-options.js';
import { type ConfigReader, createConfigReader } from '../config/reread.js';
import { EXIT, KfError } from '../contract/errors.js';
import type { Status } from '../contract/status.js';
import type { Answer, Notification } from '../core/types.js';
import { openLogOutput } from '../run/log-output.js';
import { setAside } from '../run/provider-check.js';
import { gaveUp, type RunReport } from '../run/run.js';
import { openSession, type Session } from '../run/session.js';

export interface ClusterEvents {
  /** Every worker of the first generation is ready. */
  ready: [];
  /** Everything that happens, as data. */
  notification: [Notification];
  /** A worker's exit report: its requests and its spans. */
  flushed: [RunReport];
  /** The last worker is reaped. */
  exit: [number];
}

/**
 * A supervisor in this process, for programs that have a life of their own: it traps no signal and never exits the
 * process. One per process, as node:cluster has one. The command line finds it like any other: it has the control
 * socket of its name (`control: false` does without), and what `pidfile`, `adminPort` and `cronRestart` ask for.
 */
export class Cluster extends EventEmitter<ClusterEvents> implements AsyncDisposable {
  readonly #reader: ConfigReader;
  readonly #openSession: typeof openSession;
  #opening: Promise<Session> | undefined;
  #session: Session | undefined;

  constructor(input: LoadInput);
  // Not in the types of the package: a test hands over what opens a session on ports of its own.
  constructor(input: LoadInput, open = openSession) {
    super();
    this.#openSession = open;
    this.#reader = createConfigReader(input);
  }

  /**
   * Reads the configuration, takes the name, pidfile and health port, and forks. Resolves when every worker is ready.
   * @throws KfError for a bad configuration; NAME_IN_USE, PIDFILE_IN_USE or PORT_IN_USE, nothing is forked then; or
   * FIRST_GENERATION_FAILED when no worker gets ready, REFUSED when it is stopped before
   */
  async start(): Promise<void> {
    if (this.#opening) throw new KfError('BAD_CALL', 'start() was called twice', 'a cluster starts once');
    this.#opening = this.#open();
    const session = await this.#opening;
    const code = await this.#firstReady(session);
    if (code === undefined) this.emit('ready');
    else if (code === EXIT.crashLoop || code === EXIT.failure) throw gaveUp(session.supervisor, code);
    else throw new KfError('REFUSED', 'start() was cut short', 'the cluster was stopped before it was ready');
  }

  /**
   * Drains and stops every worker, and frees the name. Calling it again changes nothing.
   * @param force cuts what is open instead of draining it
   * @returns the exit code a process of its own would have had
   */
  async stop({ force = false }: { readonly force?: boolean } = {}): Promise<number> {
    const session = await this.#opening?.catch(() => undefined); // start() reports it
    void session?.supervisor.stopAndWait({ quick: force, delay: true });
    return session?.exited ?? 0;
  }

  /**
   * @param workers 1 to 1024
   * @throws KfError REFUSED while a reload or a stop is under way
   */
  async scale(workers: number): Promise<void> {
    accept('scale()', await this.#running('scale()').supervisor.scale(workers));
  }

  /**
   * Reads the configuration again and replaces every worker. Resolves when the new generation serves.
   * @throws KfError RELOAD_FAILED when a new worker did not become ready: the old generation keeps serving
   */
  async reload(): Promise<void> {
    accept('reload()', await this.#running('reload()').reloader.reload());
  }

  status(): Status {
    return this.#running('status()').supervisor.status();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #open(): Promise<Session> {
    const injected = await setAside({ inCode: true });
    const { config, warnings } = await this.#reader.read();
    const output = openLogOutput(config);
    for (const warning of warnings) output.log.warn(warning);
    injected?.settle(config, output.log);
    this.#session = await this.#openSession(config, output, this.#reader);
    return this.#session;
  }

  /** Forks. Undefined when the first generation is ready, the exit code when all ends before. */
  #firstReady({ supervisor, exited, start }: Session): Promise<number | undefined> {
    exited.then((code) => this.emit('exit', code));
    supervisor.on('flushed', (report) => this.emit('flushed', report));
    return new Promise((resolve) => {
      supervisor.on('notification', (notification) => {
        if (notification.type === 'all-ready') resolve(undefined);
        this.emit('notification', notification);
      });
      exited.then(resolve);
      start();
    });
  }

  #running(what: string): Session {
    if (this.#session) return this.#session;
    throw new KfError('BAD_CALL', `${what} was called before start()`, 'nothing runs yet');
  }
}

function accept(what: string, answer: Answer): void {
  if (answer.ok) return;
  throw new KfError(answer.code === 'RELOAD_FAILED' ? 'RELOAD_FAILED' : 'REFUSED', `${what} was refused`, answer.why);
}
