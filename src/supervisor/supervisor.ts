import { EventEmitter } from 'node:events';
import type { Config } from '../config/types.js';
import type { ConnectionReport } from '../contract/connection-report.js';
import { toKfError } from '../contract/errors.js';
import { PHASE_TRAITS } from '../contract/phases.js';
import type { Status } from '../contract/status.js';
import { type Refusal, refusalOf, reloadRefusalOf } from '../core/cluster-phase.js';
import { initialState } from '../core/decide.js';
import type { Answer, Effect, Event, Notification } from '../core/types.js';
import { CoreLoop } from './core-loop.js';
import { createLastResort, type LastResort } from './last-resort.js';
import { logNotification } from './log-notifications.js';
import { Requests } from './pending-replies.js';
import { perform } from './perform.js';
import { policyOf } from './policy.js';
import type { PrimaryHookRunner } from './primary-hooks.js';
import type { Faults } from './process-table.js';
import type { Answers } from './request-broker.js';
import type { WatchOrder } from './span-watches.js';
import type { Leftovers } from './start-flush-process.js';
import { statusOf } from './status-of.js';
import type { SupervisorEvents, SupervisorParts } from './supervisor-parts.js';
import { type Wired, wire } from './wiring.js';

/** How long a worker may take to say how it is, in milliseconds. */
const STATS_DEADLINE = 500;

/** A supervisor with all its parts: what it is asked becomes an event of the core, what the core decides a call of a part. */
export class Supervisor extends EventEmitter<SupervisorEvents> {
  readonly #parts: SupervisorParts;
  readonly #core: CoreLoop;
  readonly #wired: Wired;
  /** What the reloads that are asked for will run on, by request. */
  readonly #reloads = new Map<number, { config: Config; hooks: PrimaryHookRunner | undefined }>();
  readonly #requests = new Requests();
  readonly #lastResort: LastResort;
  #config: Config;
  #nextConfig: Config;

  constructor(parts: SupervisorParts) {
    super();
    this.#parts = parts;
    this.#lastResort = createLastResort(parts.log);
    this.#config = parts.config;
    this.#nextConfig = parts.config;
    this.#core = new CoreLoop({
      ports: parts.ports,
      initial: initialState(policyOf(parts.config), parts.config.workers),
      before: (event) => {
        if (event.type === 'reload') this.#prepareReload(event.request);
      },
      perform: (effect) => this.#perform(effect),
      after: (event) => {
        if (event.type === 'exit') this.#wired.forget(event.id);
      },
      failed: (what, error) => this.#lastResort.survive(what, error),
    });
    this.#wired = wire(parts, {
      state: () => this.#core.state(),
      config: () => this.#config,
      nextConfig: () => this.#nextConfig,
      enqueue: (event) => this.#core.enqueue(event),
      onFlushed: (report) => this.#publish(() => this.emit('flushed', report)),
      onStall: (stall) => this.#publish(() => this.emit('stall', stall)),
    });
    this.#wired.processes.useConfig(1, parts.config, 1);
  }

  start(): void {
    this.#core.enqueue({ type: 'start' });
  }

  /**
   * Stops all workers, with `delay` after the drain delay; a second call ends that delay, or else is quick, a third kills.
   * The `exit` event has the code.
   */
  stop(how: { signal?: string; quick?: boolean; delay?: boolean } = {}): void {
    this.#core.enqueue({ type: 'stop', ...how });
  }

  /** The same for whoever waits for the end: asking again, unless it is `quick`, changes nothing. */
  stopAndWait(how: { quick?: boolean; delay?: boolean } = {}): Promise<Answer> {
    return this.#ask((request) => ({ type: 'stop', ...how, request }));
  }

  scale(to: number): Promise<Answer> {
    return this.#ask((request) => ({ type: 'scale', to, request }));
  }

  scaleBy(by: number): Promise<Answer> {
    return this.#ask((request) => ({ type: 'scale', by, request }));
  }

  /**
   * Replaces every worker by one of a new generation that runs on `config`, and on `hooks` if they are new too. What
   * `scale` has set stays, unless the configured number has changed: a deploy must not take capacity away.
   */
  reload(config: Config, hooks?: PrimaryHookRunner): Promise<Answer> {
    return this.#ask((request) => {
      this.#reloads.set(request, { config, hooks });
      const target = config.workers === this.#config.workers ? {} : { target: config.workers };
      return { type: 'reload', policy: policyOf(config), ...target, request };
    });
  }

  /** Plans the replacement of the worker in a slot; answered when it is planned, not when it is done. */
  async recycle(slot: number, reason: 'recycle' | 'restart'): Promise<Answer> {
    const here = this.status().workers.filter((one) => one.slot === slot);
    const one = here.find(({ phase }) => phase !== 'draining') ?? here[0];
    if (!one) return { ok: false, code: 'BAD_REQUEST', why: `there is no slot ${slot}` };
    return this.#ask((request) => ({ type: 'recycle', id: one.id, reason, request }));
  }

  /** Sends a signal to the worker in a slot, or to all. Returns the pids it went to. */
  signal(signal: NodeJS.Signals, slot?: number): number[] {
    const chosen = this.status().workers.filter((one) => slot === undefined || one.slot === slot);
    return chosen.flatMap(({ id, pid }) =>
      this.#wired.processes.signal(id, signal) && pid !== undefined ? [pid] : [],
    );
  }

  /** Has the workers open anew what they write by themselves. Its path; undefined when there is nothing of that. */
  reopenFiles(): string | undefined {
    const { accessLog } = this.#config;
    if (accessLog === undefined || accessLog === '-') return undefined;
    for (const { id } of this.status().workers) this.#wired.processes.send(id, { type: 'reopen-files' });
    return accessLog;
  }

  /** What the workers say of themselves, by the number of their fork; who does not answer in half a second is missing. */
  ask<K extends keyof Answers>(what: K): Promise<ReadonlyMap<number, Answers[K]>> {
    const asked = this.status().workers.filter(({ phase }) => PHASE_TRAITS[phase].answers);
    const ids = asked.map(({ id }) => id);
    return this.#wired.requestBroker.ask(what, ids, STATS_DEADLINE);
  }

  /**
   * Looks at the spans of all workers for `ms`, of those too that are forked meanwhile; the promise settles then, or with the
   * signal. Each worker costs nothing before and after.
   */
  watchSpans(order: WatchOrder): Promise<void> {
    return this.#wired.spanWatches.watch(order, this.status().workers);
  }

  /** What the current generation runs on. */
  config(): Config {
    return this.#config;
  }

  status(): Status {
    return statusOf(this.#core.state(), this.config(), this.#wired.processes, this.#parts.ports.now());
  }

  /** What became of the connections of the workers that have left. */
  connections(): ConnectionReport {
    return this.#wired.connections.totals();
  }

  /** What is left to do when the last worker is gone. */
  leftovers(): Leftovers {
    return this.#wired.bookkeeping.leftovers();
  }

  /** What the worker that ended last with an error wrote to stderr. */
  failedStderr(): string {
    return this.#wired.processes.failedStderr();
  }

  faults(): Faults & { readonly survived: number } {
    return { ...this.#wired.processes.faults(), survived: this.#lastResort.count() };
  }

  /** Something was thrown in this process where nobody guards. */
  survive(where: string, error: unknown): void {
    this.#lastResort.survive(where, error);
  }

  /** Why workers cannot be added, removed or replaced now; undefined when they can. */
  refusal(): Refusal | undefined {
    return refusalOf(this.#core.state());
  }

  /** Whether a reload would begin now. */
  takesReload(): boolean {
    return reloadRefusalOf(this.#core.state()) === undefined;
  }

  /** Whether all workers of the first generation have been ready. */
  allReadyOnce(): boolean {
    return this.#core.state().allReadyOnce;
  }

  /** Whether any worker of the first generation ever was ready. */
  everReady(): boolean {
    return this.#core.state().bootForks === undefined;
  }

  #ask(make: (request: number) => Event): Promise<Answer> {
    return this.#requests.ask((request) => this.#core.enqueue(make(request)));
  }

  #perform(effect: Effect): void {
    perform(effect, {
      ...this.#wired,
      log: this.#parts.log,
      letGoOfPorts: this.#parts.ports.letGoOfPorts,
      notify: (notification) => this.#notify(notification),
      reply: (request, answer) => this.#requests.reply(request, answer),
      exit: (code) => this.#exit(code),
    });
  }

  /** At the reload's turn, not when it was asked for: another may stand before it, and be the one that runs. */
  #prepareReload(request = 0): void {
    const next = this.#reloads.get(request);
    this.#reloads.delete(request);
    const { generation, lastGeneration } = this.#core.state();
    if (!next || !this.takesReload()) return;
    this.#nextConfig = next.config;
    this.#wired.processes.useConfig(lastGeneration + 1, next.config, generation);
    if (next.hooks) this.#parts.hooks.use(lastGeneration + 1, next.hooks);
  }

  #notify(notification: Notification): void {
    if (notification.type === 'reload-done') this.#config = this.#nextConfig;
    this.#wired.bookkeeping.take(notification);
    logNotification(this.#parts.log, notification, this.#wired.processes);
    this.#parts.hooks.onNotification(notification, this.#wired.processes);
    this.#publish(() => this.emit('notification', notification));
  }

  /** A subscriber that throws must not keep the rest of a decision from being done. */
  #publish(emit: () => void): void {
    try {
      emit();
    } catch (error) {
      this.#parts.log.error('a listener of the supervisor failed', { error: toKfError(error).why });
    }
  }

  #exit(code: number): void {
    this.#wired.timers.clear();
    this.#requests.replyToAll({ ok: false, code: 'STOPPING', why: 'the cluster has ended' });
    this.#publish(() => this.emit('exit', code));
  }
}
