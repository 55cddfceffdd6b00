import type { ExitReason, StopReason } from '../contract/exit-reasons.js';
import type { ClusterPhase, Phase } from '../contract/phases.js';
import type { Successor } from './moves.js';
import type { Answer, Notification, StopLevel } from './notifications.js';

export type { Answer, Notification, Phase };

/** One forked worker, past, present or about to be; `id` is the serial number of its fork. */
export interface Member {
  readonly id: number;
  readonly slot: number;
  readonly generation: number;
  readonly phase: Phase;
  /** When this phase began. */
  readonly since: number;
  /** Why it is being stopped; the first reason wins. */
  readonly reason?: ExitReason;
  /** It left by itself, and nobody has taken its place yet: its exit decides whether anybody is to. */
  readonly keepsPlace?: true;
  /** A slot that was given up: it is tried again when its timer fires, or waits until somebody serves. */
  readonly retry?: 'armed' | 'waits';
  /** The member it takes over from once it is ready, and why. */
  readonly replaces?: { readonly id: number; readonly reason: StopReason };
}

/** What a slot remembers over its workers. */
export interface SlotHistory {
  /** Exits in a row before `minUptime`; drives the backoff. */
  readonly failures: number;
  /** When this slot was restarted, within the restart window. */
  readonly restarts: readonly number[];
  readonly total: number;
  /** How often in a row this slot was given up; back to 0 once a worker of it has proven stable. */
  readonly givenUp: number;
  readonly lastReason?: ExitReason;
}

/** Limits and timeouts, in milliseconds; a value of the generation that is current. */
export interface Policy {
  readonly bootTimeout: number;
  readonly drainTimeout: number;
  readonly flushTimeout: number;
  /** From the first word of a stop to its beginning; 0 for none. */
  readonly drainDelay: number;
  readonly backoff: { readonly initial: number; readonly max: number };
  readonly minUptime: number;
  readonly maxRestarts: number;
  readonly restartWindow: number;
  /** How long the first new worker of a reload must stay ready before an old one is drained. */
  readonly canaryTime: number;
  readonly maxSurge: number;
  readonly maxUnavailable: number;
  /** Which workers that ended by themselves are restarted: all, those that failed, or none. */
  readonly restart: 'always' | 'on-failure' | 'never';
  /** A worker that ends with one of these is done, whatever `restart` says. */
  readonly stopExitCodes: readonly number[];
  /** Open connections of a worker that leaves may go to others. */
  readonly moveConnections: boolean;
  /** What the cluster outlives, because something may start workers again: no end, slots that ended, or failure too. */
  readonly lingers: 'no' | 'ended' | 'failed';
}

/** A reload under way. */
export interface Reload {
  readonly from: number;
  readonly to: number;
  readonly startedAt: number;
  /** Slots that have no new worker yet, in order. */
  readonly pending: readonly number[];
  /** The first new worker: watched until it has passed. */
  readonly canary: number | undefined;
  /** It boots; it is ready and has to live for its time; it has, and is asked whether its event loop turns; it does. */
  readonly canaryStep: 'booting' | 'watched' | 'asked' | 'passed';
  /** The slot whose new process was prepared while the canary is watched. */
  readonly prepared: number | undefined;
  /** Set when it goes back; every new worker is then retired. */
  readonly rollback: Rollback | undefined;
  readonly policyBefore: Policy;
  /** How many slots there will be when it is done. Until then `State.target` and `State.generation` are the old ones. */
  readonly targetAfter: number;
  /** Whom to answer. */
  readonly request: number | undefined;
}

/** The way back to the old generation. */
export interface Rollback {
  /** The new worker that was lost. */
  readonly slot: number;
  readonly reason: ExitReason;
  /** How often the old generation has failed to boot on the way back, by slot. */
  readonly failures: Readonly<Record<number, number>>;
  /** The slot where it has failed too often: whoever waits has been answered, and another reload may begin. */
  readonly stuck: number | undefined;
}

/** Everything the supervisor knows. Only `decide` makes a new one. */
export interface State {
  readonly phase: ClusterPhase;
  readonly policy: Policy;
  /** How many slots there should be. */
  readonly target: number;
  readonly generation: number;
  /** The highest generation ever used; one that was rolled back is not used again. */
  readonly lastGeneration: number;
  readonly nextId: number;
  readonly members: Readonly<Record<number, Member>>;
  readonly slots: Readonly<Record<number, SlotHistory>>;
  /** Forks so far without any worker ever ready; undefined once one was. */
  readonly bootForks: number | undefined;
  readonly allReadyOnce: boolean;
  readonly reload: Reload | undefined;
  /** Members that wait for their planned replacement, one at a time. */
  readonly recycling: readonly { readonly id: number; readonly reason: StopReason }[];
  /** While the drain delay runs. */
  readonly leave: LeaveState | undefined;
  readonly stop: StopState | undefined;
}

interface LeaveState {
  readonly signal: string | undefined;
  readonly since: number;
  readonly requests: readonly number[];
}

export interface StopState {
  readonly signal: string | undefined;
  readonly since: number;
  readonly level: StopLevel;
  readonly code: number;
  readonly requests: readonly number[];
}

/** What a member waits for; each kind is an event of the lifecycle table. */
export type TimerKind = 'boot' | 'drain' | 'backoff' | 'uptime' | 'canary' | 'answer' | 'retry';
/** `leave` is the cluster's own, the drain delay. */
export type TimerKey = `${TimerKind}:${number}` | 'leave';

/** What happened. */
export type Event =
  | { readonly type: 'start' }
  | { readonly type: 'ready'; readonly id: number }
  | {
      readonly type: 'exit';
      readonly id: number;
      readonly code: number | null;
      readonly signal: string | null;
      /** The system refused to start it: there never was a process. */
      readonly unstarted?: true;
      /** The kernel has killed a process of this cluster for want of memory. */
      readonly outOfMemory?: true;
    }
  | { readonly type: 'hung'; readonly id: number }
  | { readonly type: 'leaving'; readonly id: number; readonly reason: StopReason }
  /** It has answered whether it lives: its event loop turns. */
  | { readonly type: 'alive'; readonly id: number }
  | { readonly type: 'timer'; readonly key: TimerKey }
  /** `delay`: after the drain delay. */
  | {
      readonly type: 'stop';
      readonly signal?: string;
      readonly quick?: boolean;
      readonly delay?: boolean;
      readonly request?: number;
    }
  | { readonly type: 'scale'; readonly to?: number; readonly by?: number; readonly request?: number }
  /** Without a target there will be as many slots as there are. */
  | { readonly type: 'reload'; readonly policy: Policy; readonly target?: number; readonly request?: number }
  | { readonly type: 'recycle'; readonly id: number; readonly reason: StopReason; readonly request?: number };

/** An event with the two things a pure function cannot find by itself. */
export type Stamped = Event & {
  /** Monotonic, milliseconds. */
  readonly at: number;
  /** Uniform in [0, 1). */
  readonly roll: number;
};

/** What is to be done. */
export type Effect =
  | { readonly type: 'fork'; readonly id: number; readonly slot: number; readonly generation: number }
  /** That fork comes next, unless the canary fails: its process may be started, nothing of the app in it. */
  | { readonly type: 'prepare'; readonly slot: number; readonly generation: number }
  /** What was prepared is not needed. */
  | { readonly type: 'discard' }
  | {
      readonly type: 'retire';
      readonly id: number;
      readonly reason: StopReason;
      readonly drain: number;
      readonly flush: number;
      /** Who may take its open connections over; nobody at a stop. */
      readonly successors: readonly Successor[];
    }
  | { readonly type: 'kill'; readonly id: number; readonly reason: ExitReason }
  /** Its main loop is to answer. */
  | { readonly type: 'ask-alive'; readonly id: number }
  /** Nobody but the workers holds the listening sockets from here on. */
  | { readonly type: 'let-go-of-ports' }
  | { readonly type: 'arm'; readonly key: TimerKey; readonly at: number }
  | { readonly type: 'disarm'; readonly key: TimerKey }
  | { readonly type: 'notify'; readonly notification: Notification }
  | { readonly type: 'reply'; readonly request: number; readonly answer: Answer }
  | { readonly type: 'exit'; readonly code: number };

export type Decision = readonly [State, readonly Effect[]];
