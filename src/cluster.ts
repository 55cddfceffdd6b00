import { EventEmitter } from 'node:events';
import type { LoadInput } from './config/load.js';
import { type ConfigReader, createConfigReader } from './config/reread.js';
import type { Answer, News } from './core/types.js';
import { KfError } from './errors.js';
import { sendLeftovers } from './primary/courier.js';
import { followCron } from './primary/cron.js';
import { openOutlet } from './primary/outlet.js';
import { createReloader, type Reloader } from './primary/reloader.js';
import { createSupervisor, gaveUp, preparePrimary, type RunReport } from './primary/run.js';
import type { Status } from './primary/status.js';
import type { Supervisor } from './primary/supervisor.js';
import { followFiles } from './primary/watch.js';

export interface ClusterEvents {
  /** Every worker of the first generation is ready. */
  ready: [];
  /** Everything that happens, as data. */
  news: [News];
  /** A worker's last words: its requests and its spans. */
  flushed: [RunReport];
  /** The last worker is reaped. */
  exit: [number];
}

/**
 * A supervisor in this process, for programs that have a life of their own: it traps no signal and never exits the
 * process. One per process, as node:cluster has one.
 */
export class Cluster extends EventEmitter<ClusterEvents> implements AsyncDisposable {
  readonly #reader: ConfigReader;
  #reloader: Reloader | undefined;
  #supervisor: Supervisor | undefined;
  #exited: Promise<number> | undefined;

  constructor(input: LoadInput) {
    super();
    this.#reader = createConfigReader(input);
  }

  /**
   * Reads the configuration and forks. Resolves when every worker is ready.
   * @throws KfError for a bad configuration, or FIRST_GENERATION_FAILED when no worker gets ready
   */
  async start(): Promise<void> {
    if (this.#supervisor) throw new KfError('BAD_CALL', 'start() was called twice', 'a cluster starts once');
    const { config, warnings } = await this.#reader.read();
    const outlet = openOutlet(config);
    for (const warning of warnings) outlet.log.warn(warning);
    const hooks = await preparePrimary(config, outlet.log);
    const supervisor = createSupervisor(config, outlet, hooks);
    this.#reloader = createReloader(supervisor, this.#reader, outlet.log);
    this.#supervisor = supervisor;
    this.#exited = new Promise((resolve) => {
      supervisor.once('exit', async (code) => {
        await sendLeftovers(config, outlet.log);
        await hooks.onExit({ code });
        resolve(code);
        this.emit('exit', code);
      });
    });
    supervisor.on('flushed', (report) => this.emit('flushed', report));
    const ended = new Promise<number | undefined>((resolve) => {
      supervisor.on('news', (news) => {
        if (news.type === 'all-ready') resolve(undefined);
        this.emit('news', news);
      });
      supervisor.once('exit', resolve);
    });
    supervisor.start();
    const ends = [await followCron(supervisor, outlet.log), await followFiles(supervisor, this.#reloader, outlet.log)];
    void this.#exited.then(() => {
      for (const end of ends) end();
    });
    const code = await ended;
    if (code !== undefined) throw gaveUp(supervisor, code);
    this.emit('ready');
  }

  /** Drains and stops every worker. Resolves to the exit code a process of its own would have had. */
  async stop(): Promise<number> {
    if (!this.#supervisor || !this.#exited) return 0;
    this.#supervisor.stop();
    return this.#exited;
  }

  /**
   * @param workers 1 to 1024
   * @throws KfError REFUSED while a reload or a stop is under way
   */
  async scale(workers: number): Promise<void> {
    accept('scale()', await this.#running('scale()').scale(workers));
  }

  /**
   * Reads the configuration again and replaces every worker. Resolves when the new generation serves.
   * @throws KfError RELOAD_FAILED when a new worker did not become ready: the old generation keeps serving
   */
  async reload(): Promise<void> {
    this.#running('reload()');
    accept('reload()', await this.#reloader!.reload());
  }

  status(): Status {
    return this.#running('status()').status();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #running(what: string): Supervisor {
    if (this.#supervisor) return this.#supervisor;
    throw new KfError('BAD_CALL', `${what} was called before start()`, 'nothing runs yet');
  }
}

function accept(what: string, answer: Answer): void {
  if (answer.ok) return;
  throw new KfError(answer.code === 'RELOAD_FAILED' ? 'RELOAD_FAILED' : 'REFUSED', `${what} was refused`, answer.why);
}
