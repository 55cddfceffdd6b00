import type { MovedConnection, WorkerMessage } from '../contract/messages.js';
import { type MoveEffect, type MoveEvent, Moves, type Successor } from '../core/moves.js';
import { createPasses, type Passes } from './passes.js';
import type { Handle, Ports } from './ports.js';
import type { ProcessTable } from './process-table.js';
import { createReceipts } from './receipts.js';

/** The channel of a process that ends closes first: its end follows within this time, in milliseconds. */
const EXIT_FOLLOWS = 250;
/** How long a successor may take to say how much room it has, in milliseconds: a blocked one is not waited for. */
const PATIENCE = 500;

type MoveMessage = Extract<WorkerMessage, { type: 'room' | 'move' | 'moves-sent' | 'taken' | 'refused' }>;

/** Passes the open connections of workers that leave to others: performs what core/moves.ts decides. */
export interface Moving {
  /** A worker was asked to stop. */
  leave(from: number, successors: readonly Successor[]): void;
  take(worker: number, message: MoveMessage, handle: Handle | undefined): void;
  /** The channel to a worker has closed. */
  cut(worker: number): void;
  gone(worker: number): void;
}

type Processes = Pick<ProcessTable, 'send' | 'sendHandle' | 'pid'>;

interface Held {
  readonly handle: Handle;
  readonly connection: MovedConnection;
}

export function createMoving(processes: Processes, timer: Ports['timer']): Moving {
  const moves = new Moves();
  const passes = createPasses(processes, timer);
  const perform = createPerformer(processes, passes, (worker, pass) =>
    run({ type: 'refused', worker, passes: [pass] }),
  );
  const run = (event: MoveEvent, offered?: Held) => {
    for (const effect of moves.take(event)) perform(effect, offered);
  };
  const patience = timerOfEach(timer, PATIENCE, (from) => run({ type: 'late', from }));
  const silence = timerOfEach(timer, EXIT_FOLLOWS, (worker) => run({ type: 'silent', worker }));
  const receipts = createReceipts(processes, timer, (from, { message, handle }) => {
    if (message.type === 'moves-sent') return run({ type: 'offered', from, upTo: message.upTo });
    const { move, connection } = message;
    if (handle) run({ type: 'offer', from, move, place: connection.place }, { handle, connection });
  });
  return {
    leave: (from, successors) => {
      run({ type: 'leave', from, successors });
      if (successors.length > 0) patience.start(from);
    },
    take: (worker, message, handle) => {
      if (message.type === 'room') return run({ type: 'room', worker, places: message.places });
      if (message.type === 'moves-sent') return receipts.take(worker, { message });
      if (message.type === 'move') {
        // Without its descriptor it is none: Node notifies its worker, which asks.
        return handle && receipts.take(worker, { message, handle });
      }
      passes.answered(worker, message.passes);
      run({ type: message.type, worker, passes: message.passes });
    },
    cut: silence.start,
    gone: (worker) => {
      passes.gone(worker);
      patience.stop(worker);
      silence.stop(worker);
      receipts.gone(worker); // first: to the core an offer of a worker that is gone is one of nobody
      run({ type: 'gone', worker });
    },
  };
}

/** Does what the core decides. `onUnreachable`: a pass could not be sent to that worker. */
function createPerformer(
  processes: Processes,
  passes: Passes,
  onUnreachable: (worker: number, pass: number) => void,
): (effect: MoveEffect, offered: Held | undefined) => void {
  const verdicts = createVerdicts(processes.send);
  const held = new Map<number, Held>();
  const pass = (number: number, to: number) => {
    const what = held.get(number);
    if (what && !passes.send(number, to, what.connection, what.handle)) onUnreachable(to, number);
  };
  return (effect, offered) => {
    switch (effect.type) {
      case 'ask':
        return processes.send(effect.worker, { type: 'ask-room' });
      case 'hold':
        if (offered) held.set(effect.pass, offered);
        return;
      case 'pass':
        return pass(effect.pass, effect.to);
      case 'release':
        held.get(effect.pass)?.handle.close();
        return void held.delete(effect.pass);
      case 'verdict':
        return verdicts.add(effect.from, effect.move, effect.moved);
      default:
        return effect satisfies never;
    }
  };
}

/** At most one at a time for each worker. */
function timerOfEach(timer: Ports['timer'], ms: number, then: (worker: number) => void) {
  const open = new Map<number, () => void>();
  const passed = (worker: number) => {
    open.delete(worker);
    then(worker);
  };
  return {
    start: (worker: number) => {
      if (!open.has(worker))
        open.set(
          worker,
          timer(ms, () => passed(worker)),
        );
    },
    stop: (worker: number) => {
      open.get(worker)?.();
      open.delete(worker);
    },
  };
}

/** One message to a worker for all that was decided in one round of the event loop. */
function createVerdicts(send: ProcessTable['send']) {
  const open = new Map<number, { moved: number[]; kept: number[] }>();
  const flush = () => {
    for (const [from, { moved, kept }] of open) {
      if (moved.length > 0) send(from, { type: 'moved', moves: moved });
      if (kept.length > 0) send(from, { type: 'kept', moves: kept });
    }
    open.clear();
  };
  return {
    add: (from: number, move: number, isMoved: boolean) => {
      if (open.size === 0) setImmediate(flush);
      const lists = open.get(from) ?? { moved: [], kept: [] };
      open.set(from, lists);
      (isMoved ? lists.moved : lists.kept).push(move);
    },
  };
}
