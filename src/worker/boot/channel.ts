import type { SendHandle } from 'node:child_process';
import cluster from 'node:cluster';
import { type PrimaryMessage, unwrap, type WorkerMessage, wrap } from '../../contract/messages.js';
import { observe, observeOnce } from '../node-internals/emitters.js';
import { pipelineHandles } from '../node-internals/handle-queue.js';
import type { RawHandle } from '../node-internals/http-connection.js';
import { standIn } from '../node-internals/stand-in.js';

/** The worker's end of the line to its primary. */
export interface Channel {
  send(message: WorkerMessage): void;
  /** The same with a descriptor, which stays this process's to close. Absent where nobody could take it. */
  sendHandle?(message: WorkerMessage, handle: RawHandle, onLost: () => void): void;
  /** Settles when what was sent has left this process, or cannot any more. */
  sent(): Promise<void>;
  onMessage(callback: (message: PrimaryMessage, handle: RawHandle | undefined) => void): void;
  /** The primary is gone. */
  onLost(callback: () => void): void;
}

/**
 * From here on the line to the primary does not keep this process alive, so that a natural end of the app ends its
 * worker, as it would end `node app.js`. Only while a server waits for its handle does it still count.
 */
export function letEndNaturally(): void {
  const getServer = cluster._getServer;
  let waiting = 0;
  cluster._getServer = standIn(getServer, (_self, [socket, options, callback]) => {
    waiting += 1;
    process.channel?.ref();
    Reflect.apply(getServer, cluster, [
      socket,
      options,
      (...handle: unknown[]) => {
        waiting -= 1;
        if (waiting === 0) process.channel?.unref();
        if (typeof callback === 'function') callback(...handle);
      },
    ]);
  });
  process.channel?.unref();
}

export function openChannel(): Channel {
  let last: Promise<void> = Promise.resolve();
  const raw = process.send?.bind(process);
  let pipelined: (() => void) | undefined;
  return {
    send: (message) => {
      if (!process.connected || !raw) return; // an orphan has nobody to send to
      last = new Promise((resolve) => raw(wrap(message), undefined, undefined, () => resolve()));
    },
    sendHandle: (message, handle, onLost) => {
      if (!process.connected || !raw) return;
      pipelined ??= pipelineHandles(process, (listener) => observe(process, 'internalMessage', listener), onLost);
      raw(wrap(message), handle as unknown as SendHandle, undefined, () => undefined);
      pipelined();
    },
    sent: () => last,
    onMessage: (callback) => {
      observe(process, 'internalMessage', (raw: unknown, handle: RawHandle | undefined) => {
        const message = unwrap<PrimaryMessage>(raw);
        if (message) callback(message, handle);
        return message !== undefined;
      });
    },
    onLost: (callback) => {
      const { worker } = cluster;
      if (!worker) return;
      observeOnce(worker, 'disconnect', () => {
        // Read by node:cluster right after this: without it, it exits the process at once, with code 0.
        worker.exitedAfterDisconnect = true;
        callback();
      });
    },
  };
}
