import { EventEmitter } from 'node:events';
import type { Config } from '../config/types.js';
import { dispatch } from '../contract/handlers.js';
import { reloadRefusalOf } from '../core/busy.js';
import { decide, initialState } from '../core/decide.js';
import type { Answer, Event, News, State } from '../core/types.js';
import { toKfError } from '../errors.js';
import type { ConnectionReport } from '../ipc/connections.js';
import type { Flushed } from '../ipc/messages.js';
import { type ConnectionTotals, createConnectionTotals } from './connection-totals.js';
import type { Leftovers } from './courier.js';
import { type Crew, createCrew, type Faults } from './crew.js';
import { createEstate, type Estate } from './estate.js';
import type { PrimaryHookRunner } from './hooks.js';
import { createMemoryRecycles, type MemoryAsk } from './memory-recycles.js';
import { createMoving, type Moving } from './moving.js';
import { logFlushed, logNews } from './news.js';
import { exitEvent } from './out-of-memory.js';
import { perform } from './perform.js';
import { policyOf } from './policy.js';
import { createPortless, type Portless } from './portless.js';
import { Requests } from './requests.js';
import { type Answers, createStatsDesk, type StatsDesk } from './stats.js';
import { type Status, statusOf } from './status.js';
import type { SupervisorEvents, SupervisorParts } from './supervisor-parts.js';
import { createTimers } from './timers.js';
import { createTrial, type Trial } from './trial.js';
import { type MessageHandlers, messageHandlers, type Sender } from './worker-messages.js';

/** How long a worker may take to say how it is, in milliseconds. */
const STATS_DEADLINE = 500;

/**
 * The object in the primary that owns State: events are queued, stamped, decided and performed one after the other, so
 * that no handler ever sees a half-made change.
 */
export class Supervisor extends EventEmitter<SupervisorEvents> {
  readonly #parts: SupervisorParts;
  readonly #timers;
  readonly #crew: Crew;
  readonly #estate: Estate;
  readonly #moving: Moving;
  readonly #connections: ConnectionTotals;
  readonly #desk: StatsDesk;
  readonly #trial: Trial;
  readonly #portless: Portless;
  readonly #messages: MessageHandlers;
  readonly #queue: Event[] = [];
  /** What the reloads that are asked for will run on, by request. */
  readonly #reloads = new Map<number, { config: Config; hooks: PrimaryHookRunner | undefined }>();
  readonly #requests = new Requests();
  #draining = false;
  #state: State;
  #config: Config;
  #nextConfig: Config;

  constructor(parts: SupervisorParts) {
    super();
    this.#parts = parts;
    this.#config = parts.config;
    this.#nextConfig = parts.config;
    this.#state = initialState(policyOf(parts.config), parts.config.workers);
    this.#trial = createTrial({
      ports: parts.ports,
      patienceMs: () => this.#state.policy.bootTimeout,
      ask: (id) => this.#crew.send(id, { type: 'ask-alive' }),
      enqueue: (event) => this.#enqueue(event),
    });
    const memoryAllows = createMemoryRecycles(parts.ports.now, parts.log);
    this.#portless = createPortless({
      ports: parts.ports,
      log: parts.log,
      isAsked: () => this.#nextConfig.ready === 'auto',
      ask: (id) => this.#crew.send(id, { type: 'ask-portless' }),
      enqueue: (event) => this.#enqueue(event),
    });
    this.#timers = createTimers(parts.ports, (key) => this.#portless.due(key) || this.#trial.due(key));
    this.#crew = createCrew({
      ...parts,
      onMessage: (from, message, handle) => dispatch(this.#messages, message, from, handle),
      onHung: (id) => this.#enqueue({ type: 'hung', id }),
      onExit: (id, code, signal, unstarted) => {
        const exit = { id, code, signal, ...(unstarted && { unstarted: true as const }) };
        this.#enqueue(exitEvent(parts, this.#crew.slot(id), exit));
      },
    });
    this.#estate = createEstate({
      state: () => this.#state,
      config: () => this.#config,
      crew: this.#crew,
      log: parts.log,
    });
    this.#crew.useConfig(1, parts.config, 1);
    this.#connections = createConnectionTotals(parts.log);
    this.#moving = createMoving(this.#crew, parts.ports.timer);
    this.#desk = createStatsDesk(parts.ports, this.#crew.send);
    this.#messages = messageHandlers({
      log: parts.log,
      moving: this.#moving,
      portless: this.#portless,
      trial: this.#trial,
      desk: this.#desk,
      estate: this.#estate,
      enqueue: (event) => this.#enqueue(event),
      mayRecycleForMemory: (from) => memoryAllows(this.#aged(from)),
      onFlushed: (from, message) => this.#onFlushed(from, message),
    });
  }

  start(): void {
    this.#enqueue({ type: 'start' });
  }

  /**
   * Stops all workers, with `delay` after the drain delay; a second call ends that delay, or else is quick, a third kills.
   * The `exit` event tells the code.
   */
  stop(how: { signal?: string; quick?: boolean; delay?: boolean } = {}): void {
    this.#enqueue({ type: 'stop', ...how });
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
    return chosen.flatMap(({ id, pid }) => (this.#crew.signal(id, signal) && pid !== undefined ? [pid] : []));
  }

  /** What the workers say of themselves, by the number of their fork; who does not answer in half a second is missing. */
  ask<K extends keyof Answers>(what: K): Promise<ReadonlyMap<number, Answers[K]>> {
    const asked = this.status().workers.filter(({ phase }) => phase === 'ready' || phase === 'draining');
    const ids = asked.map(({ id }) => id);
    return this.#desk.ask(what, ids, STATS_DEADLINE);
  }

  /** What the current generation runs on. */
  config(): Config {
    return this.#config;
  }

  status(): Status {
    return statusOf(this.#state, this.config(), this.#crew, this.#parts.ports.now());
  }

  /** What became of the connections of the workers that have left. */
  connections(): ConnectionReport {
    return this.#connections.totals();
  }

  /** What is left to do when the last worker is gone. */
  leftovers(): Leftovers {
    return this.#estate.leftovers();
  }

  /** What the worker that ended last with an error wrote to stderr. */
  lastWords(): string {
    return this.#crew.lastWords();
  }

  faults(): Faults {
    return this.#crew.faults();
  }

  /** Whether all workers of the first generation have been ready. */
  allReadyOnce(): boolean {
    return this.#state.allReadyOnce;
  }

  /** Whether any worker of the first generation ever was ready. */
  everReady(): boolean {
    return this.#state.bootForks === undefined;
  }

  #ask(make: (request: number) => Event): Promise<Answer> {
    return this.#requests.ask((request) => this.#enqueue(make(request)));
  }

  #enqueue(event: Event): void {
    this.#queue.push(event);
    if (this.#draining) return; // an effect caused it: after the one that is being performed
    this.#draining = true;
    try {
      for (let next = this.#queue.shift(); next; next = this.#queue.shift()) this.#take(next);
    } finally {
      this.#draining = false;
    }
  }

  #take(event: Event): void {
    const { ports } = this.#parts;
    if (event.type === 'reload') this.#prepareReload(event.request);
    const [state, effects] = decide(this.#state, { ...event, at: ports.now(), roll: ports.roll() });
    this.#state = state;
    for (const effect of effects) {
      perform(effect, {
        crew: this.#crew,
        moving: this.#moving,
        timers: this.#timers,
        log: this.#parts.log,
        letGoOfPorts: ports.letGoOfPorts,
        tell: (news) => this.#tell(news),
        reply: (request, answer) => this.#requests.reply(request, answer),
        exit: (code) => this.#exit(code),
      });
    }
    if (event.type !== 'exit') return;
    this.#trial.forget(event.id);
    this.#portless.forget(event.id);
    this.#moving.gone(event.id);
    this.#crew.forget(event.id);
    this.#estate.exited(event.id);
  }

  /** At the reload's turn, not when it was asked for: another may stand before it, and be the one that runs. */
  #prepareReload(request = 0): void {
    const next = this.#reloads.get(request);
    this.#reloads.delete(request);
    const { generation, lastGeneration } = this.#state;
    if (!next || reloadRefusalOf(this.#state)) return;
    this.#nextConfig = next.config;
    this.#crew.useConfig(lastGeneration + 1, next.config, generation);
    if (next.hooks) this.#parts.hooks.use(lastGeneration + 1, next.hooks);
  }

  #tell(news: News): void {
    if (news.type === 'reload-done') this.#config = this.#nextConfig;
    this.#estate.take(news);
    logNews(this.#parts.log, news, this.#crew);
    this.#parts.hooks.onNews(news, this.#crew);
    this.#publish(() => this.emit('news', news));
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
    this.#timers.clear();
    this.#requests.replyToAll({ ok: false, code: 'STOPPING', why: 'the cluster has ended' });
    this.#publish(() => this.emit('exit', code));
  }

  #aged({ id, slot }: Sender): MemoryAsk {
    const { generation = 0 } = this.#state.members[id] ?? {};
    return { id, slot, generation, ageMs: this.#parts.ports.now() - (this.#crew.startedAt(id) ?? 0) };
  }

  #onFlushed({ id, slot, pid }: Sender, message: Flushed): void {
    this.#estate.lastWords(id, message);
    logFlushed(this.#parts.log, slot, message);
    if (message.connections) this.#connections.add(slot, message.connections);
    this.#publish(() => this.emit('flushed', { ...message, id, slot, pid }));
  }
}
