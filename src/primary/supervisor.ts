import { EventEmitter } from 'node:events';
import type { StopReason } from '../../hooks/types.js';
import type { Config } from '../config/types.js';
import { decide, initialState } from '../core/decide.js';
import type { Answer, Event, News, State } from '../core/types.js';
import type { Flushed, WorkerMessage } from '../ipc/messages.js';
import type { Log } from '../log.js';
import { type Crew, createCrew } from './crew.js';
import type { PrimaryHookRunner } from './hooks.js';
import { logNews } from './news.js';
import type { OutputSink } from './output.js';
import { perform } from './perform.js';
import { policyOf } from './policy.js';
import type { Ports } from './ports.js';
import { type Status, statusOf } from './status.js';
import { createTimers } from './timers.js';

export interface SupervisorParts {
  readonly config: Config;
  readonly ports: Ports;
  readonly log: Log;
  readonly hooks: PrimaryHookRunner;
  readonly sink: OutputSink;
  /** Marks the lines of worker output, on a terminal. */
  readonly prefix: ((slot: number) => string) | undefined;
}

/** What a supervisor tells. `exit` comes last. */
export interface SupervisorEvents {
  news: [News];
  flushed: [Flushed & { slot: number; pid: number }];
  exit: [number];
}

/**
 * The object in the primary that owns State: events are queued, stamped, decided and performed one after the other, so
 * that no handler ever sees a half-made change.
 */
export class Supervisor extends EventEmitter<SupervisorEvents> {
  readonly #parts: SupervisorParts;
  readonly #timers;
  readonly #crew: Crew;
  readonly #queue: Event[] = [];
  readonly #requests = new Map<number, (answer: Answer) => void>();
  #nextRequest = 1;
  #draining = false;
  #state: State;
  #config: Config;

  constructor(parts: SupervisorParts) {
    super();
    this.#parts = parts;
    this.#config = parts.config;
    this.#state = initialState(policyOf(parts.config), parts.config.workers);
    this.#timers = createTimers(parts.ports, (key) => this.#enqueue({ type: 'timer', key }));
    this.#crew = createCrew({
      ...parts,
      onMessage: (id, message) => this.#onMessage(id, message),
      onExit: (id, code, signal) => this.#enqueue({ type: 'exit', id, code, signal }),
    });
    this.#crew.useConfig(1, parts.config);
  }

  start(): void {
    this.#enqueue({ type: 'start' });
  }

  /** Stops all workers; a second call is quick, a third kills. The `exit` event tells the code. */
  stop(how: { signal?: string; quick?: boolean } = {}): void {
    this.#enqueue({ type: 'stop', ...how });
  }

  /** Resolves when the last worker is reaped. */
  stopAndWait(): Promise<Answer> {
    return this.#ask((request) => ({ type: 'stop', request }));
  }

  scale(to: number): Promise<Answer> {
    return this.#ask((request) => ({ type: 'scale', to, request }));
  }

  scaleBy(by: number): Promise<Answer> {
    return this.#ask((request) => ({ type: 'scale', by, request }));
  }

  /** Replaces every worker by one of a new generation that runs on `config`. */
  reload(config: Config): Promise<Answer> {
    this.#crew.useConfig(this.#state.lastGeneration + 1, config);
    return this.#ask((request) => ({
      type: 'reload',
      policy: policyOf(config),
      target: config.workers,
      request,
    }));
  }

  status(): Status {
    return statusOf(this.#state, this.#config, this.#crew, this.#parts.ports.now());
  }

  /** What the worker that ended last with an error wrote to stderr. */
  lastWords(): string {
    return this.#crew.lastWords();
  }

  /** Whether any worker of the first generation ever was ready. */
  everReady(): boolean {
    return this.#state.bootForks === undefined;
  }

  #ask(make: (request: number) => Event): Promise<Answer> {
    const request = this.#nextRequest++;
    return new Promise((resolve) => {
      this.#requests.set(request, resolve);
      this.#enqueue(make(request));
    });
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
    const [state, effects] = decide(this.#state, { ...event, at: ports.now(), roll: ports.roll() });
    this.#state = state;
    for (const effect of effects) {
      perform(effect, {
        crew: this.#crew,
        timers: this.#timers,
        log: this.#parts.log,
        tell: (news) => this.#tell(news),
        reply: (request, answer) => this.#reply(request, answer),
        exit: (code) => this.#exit(code),
      });
    }
  }

  #tell(news: News): void {
    logNews(this.#parts.log, news, this.#crew);
    this.#parts.hooks.onNews(news, this.#crew);
    this.emit('news', news);
  }

  #reply(request: number, answer: Answer): void {
    this.#requests.get(request)?.(answer);
    this.#requests.delete(request);
  }

  #exit(code: number): void {
    this.#timers.clear();
    for (const [request] of this.#requests) {
      this.#reply(request, { ok: false, code: 'STOPPING', why: 'the cluster has ended' });
    }
    this.emit('exit', code);
  }

  #onMessage(id: number, message: WorkerMessage): void {
    if (message.type === 'ready') this.#enqueue({ type: 'ready', id });
    if (message.type === 'stopping') this.#onStopping(id, message.reason);
    if (message.type === 'flushed') this.#onFlushed(id, message);
  }

  #onStopping(id: number, reason: StopReason): void {
    // A worker that was told to stop only confirms it: `leaving` is ignored while it is draining.
    this.#enqueue({ type: 'leaving', id, reason });
  }

  #onFlushed(id: number, message: Flushed): void {
    const slot = this.#state.members[id]?.slot ?? -1;
    const { spans } = message;
    if (spans) {
      const lost = spans.dropped > 0 ? this.#parts.log.warn : this.#parts.log.info;
      lost(`worker ${slot} flushed ${spans.exported} spans in ${Math.round(message.ms)} ms, dropped ${spans.dropped}`);
    }
    this.emit('flushed', { ...message, slot, pid: this.#crew.pid(id) ?? 0 });
  }
}
