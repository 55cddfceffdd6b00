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
  const held = new Map<number, Held>();
  const passes = createPasses(processes, timer);
  /** What takes the timer of a worker's successors back. */
  const patience = new Map<number, () => void>();
  const verdicts = createVerdicts(processes.send);
  let offered: Held | undefined;

  const perform = (effect: MoveEffect): void => {
    switch (effect.type) {
      case 'ask':
        return processes.send(effect.worker, { type: 'ask-room' });
      case 'hold':
        return void held.set(effect.pass, offered!);
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
    const { handle, connection } = held.get(number)!;
    passes.send(number, to, connection, handle);
  };
  const run = (event: MoveEvent) => {
    for (const effect of moves.take(event)) perform(effect);
  };
  return {
    leave: (from, successors) => {
      run({ type: 'leave', from, successors });
      if (successors.length === 0 || patience.has(from)) return;
      patience.set(
        from,
        timer(PATIENCE, () => run({ type: 'late', from })),
      );
    },
    take: (worker, message, handle) => {
      if (message.type === 'room') return run({ type: 'room', worker, places: message.places });
      if (message.type === 'moves-sent') return run({ type: 'offered', from: worker, upTo: message.upTo });
      if (message.type === 'move') {
        if (!handle) return; // Node notifies its worker, which asks
        offered = { handle, connection: message.connection };
        return run({ type: 'offer', from: worker, move: message.move, place: message.connection.place });
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
