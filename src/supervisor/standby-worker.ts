import type { Log } from '../contract/log.js';
import { eventLog } from '../contract/log-events.js';
import type { ForkSpec, Ports, WorkerHandle, WorkerListener } from './ports.js';

/** Where a worker belongs. */
export interface Place {
  readonly slot: number;
  readonly generation: number;
}

/**
 * The process of one worker whose turn has not come: Node and what the telemetry needs are loaded in it, which is most of
 * a boot, and it waits in front of the first hook and the first line of the app. Until it is taken it is no worker: it
 * has no part in anything, and nothing is lost when it goes.
 */
interface StandbyWorker {
  start(place: Place, spec: ForkSpec): void;
  /** Lets it go on as the worker of that place; undefined when there is none for it. */
  take(place: Place, listener: WorkerListener): WorkerHandle | undefined;
  /** Ends it, if there is one. */
  discard(): void;
}

interface Held {
  readonly place: Place;
  readonly handle: WorkerHandle;
  /** What Node itself had to say at its start. */
  readonly early: Buffer[];
  listener?: WorkerListener;
}

export function createStandbyWorker(fork: Ports['fork'], log: Log): StandbyWorker {
  let held: Held | undefined;
  const discard = () => {
    held?.handle.kill('SIGKILL');
    held = undefined;
  };
  const hold = (place: Place, spec: ForkSpec): Held => {
    const early: Buffer[] = [];
    const listener: WorkerListener = {
      onMessage: (message, handle) => mine.listener?.onMessage(message, handle),
      onBadMessage: (what) => mine.listener?.onBadMessage(what),
      onForkFailed: (error) => {
        if (held === mine) held = undefined; // the fork at its turn tries again
        mine.listener?.onForkFailed(error);
      },
      onExit: (code, signal) => {
        if (held === mine) held = undefined;
        mine.listener?.onExit(code, signal);
      },
      onPipeLost: (pipe) => {
        if (held === mine)
          discard(); // the fork at its turn starts another
        else mine.listener?.onPipeLost(pipe);
      },
      onStderr: (chunk) => (mine.listener ? mine.listener.onStderr(chunk) : void early.push(chunk)),
      onStdout: (chunk) => mine.listener?.onStdout(chunk),
    };
    const mine: Held = { place, early, handle: fork({ ...spec, held: true }, listener) };
    return mine;
  };
  return {
    start: (place, spec) => {
      discard();
      try {
        held = hold(place, spec);
        eventLog(log, 'started-ahead', { slot: place.slot }).debug(
          `process of worker ${place.slot} started ahead of its turn`,
          { pid: held.handle.pid },
        );
      } catch (error) {
        log.debug('no process ahead of its turn', { why: String(error) }); // the fork at its turn says it aloud
      }
    },
    take: (place, listener) => {
      if (!held || held.place.slot !== place.slot || held.place.generation !== place.generation) return undefined;
      const { handle, early } = held;
      held.listener = listener;
      held = undefined;
      for (const chunk of early) listener.onStderr(chunk);
      handle.letGo();
      return handle;
    },
    discard,
  };
}
