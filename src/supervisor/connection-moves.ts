import type { MovedConnection, WorkerMessage } from '../contract/messages.js';
import { type MoveEffect, type MoveEvent, Moves, type Successor } from '../core/moves.js';
import { createPasses } from './passes.js';
import type { Handle, Ports } from './ports.js';
import type { ProcessTable } from './process-table.js';

/** How long a successor may take to say how much room it has, in milliseconds: a blocked one is not waited for. */
const PATIENCE = 500;

type MoveMessage = Extract<WorkerMessage, { type: 'room' | 'move' | 'moves-sent' | 'taken' | 'refused' }>;

/** Passes the open connections of workers that leave to others: performs what core/moves.ts decides. */
export interface Moving {
  /** A worker was asked to stop. */
  leave(from: number, successors: readonly Successor[]): void;
  take(worker: number, message: MoveMessage, handle: Handle | undefined): void;
  gone(worker: number): void;
}

interface Held {
  readonly handle: Handle;
  readonly connection: MovedConnection;
}

export function createMoving(processes: Pick<ProcessTable, 'send' | 'sendHandle'>, timer: Ports['timer']): Moving {
  const moves = new Moves();
  const passes = createPasses(processes, timer);
  /** What takes the timer of a worker's successors back. */
  const patience = new Map<number, () => void>();
  const verdicts = createVerdicts(processes.send);
  const held = new Map<number, Held>();

  const perform = (effect: MoveEffect, offered: Held | undefined): void => {
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
  const pass = (number: number, to: number) => {
    const what = held.get(number);
    if (what) passes.send(number, to, what.connection, what.handle);
  };
  const run = (event: MoveEvent, offered?: Held) => {
    for (const effect of moves.take(event)) perform(effect, offered);
  };
  return {
    leave: (from, successors) => {
      run({ type: 'leave', from, successors });
      if (successors.length === 0 || patience.has(from)) return;
      const late = () => run({ type: 'late', from });
      patience.set(from, timer(PATIENCE, late));
    },
    take: (worker, message, handle) => {
      if (message.type === 'room') return run({ type: 'room', worker, places: message.places });
      if (message.type === 'moves-sent') return run({ type: 'offered', from: worker, upTo: message.upTo });
      if (message.type === 'move') {
        if (!handle) return; // Node notifies its worker, which asks
        const { move, connection } = message;
        return run({ type: 'offer', from: worker, move, place: connection.place }, { handle, connection });
      }
      passes.answered(worker, message.passes);
      run({ type: message.type, worker, passes: message.passes });
    },
    gone: (worker) => {
      passes.gone(worker);
      patience.get(worker)?.();
      patience.delete(worker);
      run({ type: 'gone', worker });
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
