import cluster from 'node:cluster';
import { describeAccount, droppedOf } from '../ipc/account.js';
import type { PrimaryMessage, WorkerBoot } from '../ipc/messages.js';
import { createLog, type Log } from '../log.js';
import type { Channel } from '../worker/channel.js';
import type { Ties } from '../worker/run.js';
import { takeSignals } from '../worker/signals.js';
import type { Pm2Facts } from './facts.js';

/** A worker's ties to pm2: its SIGINT, its `shutdown` message, and `ready` for its `wait_ready`. */
export function pm2Ties(boot: WorkerBoot, facts: Pm2Facts): Ties {
  return {
    openChannel: () => openPm2Channel(boot, facts),
    takeSignals: (onStop, onThrow) => takeSignals(onStop, onThrow, { stop: ['SIGINT', 'SIGTERM'], ignore: [] }),
    // pm2 keeps a worker by its channel for as long as the app itself does not exit.
    letGo: () => undefined,
  };
}

export function pm2Log(boot: Pick<WorkerBoot, 'logFormat' | 'logLevel' | 'slot'>): Log {
  return createLog({
    format: boot.logFormat,
    level: boot.logLevel,
    label: `kf-cluster:${boot.slot}`,
    sink: (line) => void process.stderr.write(line),
  });
}

function openPm2Channel(boot: WorkerBoot, facts: Pm2Facts): Channel {
  const log = pm2Log(boot);
  let hear: (message: PrimaryMessage) => void = () => undefined;
  return {
    send: (message) => {
      // pm2 knows nothing of leftovers: each worker looks for itself.
      if (message.type === 'ready') hear({ type: 'adopt', ends: [], running: [] });
      if (message.type === 'ready' && facts.waitReady && boot.ready === 'listening') process.send?.('ready');
      if (message.type !== 'flushed' || !message.spans) return;
      const say = droppedOf(message.spans) + message.spans.rejected > 0 ? log.warn : log.info;
      say(`flushed ${describeAccount(message.spans, message.ms)}`);
    },
    sent: () => Promise.resolve(),
    onMessage: (callback) => {
      hear = callback;
      process.on('message', (raw) => {
        if (raw !== 'shutdown') return;
        callback({ type: 'stop', reason: 'stop', drainMs: boot.drainTimeoutMs, flushMs: boot.flushTimeoutMs });
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
