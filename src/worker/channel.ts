import cluster from 'node:cluster';
import { type PrimaryMessage, unwrap, type WorkerMessage, wrap } from '../ipc/messages.js';

/** The worker's end of the line to its primary. */
export interface Channel {
  send(message: WorkerMessage): void;
  /** Settles when what was sent has left this process, or cannot any more. */
  sent(): Promise<void>;
  onMessage(callback: (message: PrimaryMessage) => void): void;
  /** The primary is gone. */
  onLost(callback: () => void): void;
}

export function openChannel(): Channel {
  let last: Promise<void> = Promise.resolve();
  const raw = process.send?.bind(process);
  return {
    send: (message) => {
      if (!process.connected || !raw) return; // an orphan has nobody to tell
      last = new Promise((resolve) => raw(wrap(message), undefined, undefined, () => resolve()));
    },
    sent: () => last,
    onMessage: (callback) => {
      process.on('message', (raw) => {
        const message = unwrap<PrimaryMessage>(raw);
        if (message) callback(message);
      });
    },
    onLost: (callback) => {
      const { worker } = cluster;
      worker?.once('disconnect', () => {
        // Read by node:cluster right after this: without it, it exits the process at once, with code 0.
        worker.exitedAfterDisconnect = true;
        callback();
      });
    },
  };
}
