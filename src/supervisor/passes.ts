import type { MovedConnection } from '../contract/messages.js';
import type { Handle, Ports } from './ports.js';
import type { ProcessTable } from './process-table.js';

/** How long a worker may leave a pass unanswered before it is asked about it, in milliseconds. */
const ASK_AFTER = 1_000;

/** Connections on their way to workers that are to take them over. */
export interface Passes {
  /** @returns false: that worker cannot be reached, and has not got it */
  send(pass: number, to: number, connection: MovedConnection, handle: Handle): boolean;
  /** That worker has taken or refused these. */
  answered(worker: number, passes: readonly number[]): void;
  gone(worker: number): void;
}

/**
 * A descriptor can be lost on its way without a word: the kernel refuses the message that carries it, and Node reports
 * nothing. So a worker that leaves a pass unanswered is asked about all that it was sent. The question comes behind them on
 * the same channel: what it has not seen by then it refuses, and the connection goes to another one or back.
 */
export function createPasses(processes: Pick<ProcessTable, 'send' | 'sendHandle'>, timer: Ports['timer']): Passes {
  const open = new Map<number, Set<number>>();
  /** What takes the timer of a worker back. */
  const asking = new Map<number, () => void>();
  const ask = (worker: number) => {
    const passes = open.get(worker);
    if (passes?.size) processes.send(worker, { type: 'passes-sent', passes: [...passes] });
  };
  const watch = (worker: number) => {
    if (asking.has(worker)) return;
    const look = () => {
      asking.delete(worker);
      if (!open.get(worker)?.size) return;
      ask(worker);
      watch(worker);
    };
    asking.set(worker, timer(ASK_AFTER, look));
  };
  return {
    send: (pass, to, connection, handle) => {
      if (!processes.sendHandle(to, { type: 'take', pass, connection }, handle, () => ask(to))) return false;
      open.set(to, (open.get(to) ?? new Set()).add(pass));
      watch(to);
      return true;
    },
    answered: (worker, passes) => {
      for (const pass of passes) open.get(worker)?.delete(pass);
    },
    gone: (worker) => {
      open.delete(worker);
      asking.get(worker)?.();
      asking.delete(worker);
    },
  };
}
