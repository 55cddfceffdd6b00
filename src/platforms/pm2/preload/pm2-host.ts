import cluster from 'node:cluster';
import type { WorkerBoot } from '../../../config/boot-messages.js';
import { dispatch, type Handlers, ignore } from '../../../contract/handlers.js';
import { describeAccount, droppedOf, partsOf } from '../../../contract/item-account.js';
import { createLog, type Log } from '../../../contract/log.js';
import type { WorkerMessage } from '../../../contract/messages.js';
import type { WorkerHost } from '../../../worker/boot/begin.js';
import type { Channel } from '../../../worker/boot/channel.js';
import { type Delivery, takeSignals } from '../../../worker/exit/app-signals.js';
import type { Pm2Facts } from './pm2-facts.js';

/** pm2 as the host of a worker: its SIGINT, its `shutdown` message, and `ready` for its `wait_ready`. */
export function pm2Host(boot: WorkerBoot, facts: Pm2Facts): WorkerHost {
  let heard: (() => Delivery) | undefined;
  return {
    openChannel: () =>
      openPm2Channel(boot, facts, (delivery) => {
        heard = delivery;
      }),
    takeSignals: (onStop, onThrow) => {
      const signals = takeSignals(onStop, onThrow, { stop: ['SIGINT', 'SIGTERM'], ignore: [], survive: [] });
      return { deliver: () => (heard ?? signals.deliver)() };
    },
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

/** What only a primary of ours would hear. */
const UNHEARD = {
  booting: ignore,
  settled: ignore,
  'holds-server': ignore,
  notice: ignore,
  stopping: ignore,
  alive: ignore,
  'recycle-me': ignore,
  stats: ignore,
  metrics: ignore,
  recorded: ignore,
  room: ignore,
  move: ignore,
  'moves-sent': ignore,
  watched: ignore,
  taken: ignore,
  refused: ignore,
} satisfies Partial<Handlers<WorkerMessage>>;

/** @param onShutdownMessage called when pm2 stops this process by its message: what the app does by that is under way already */
function openPm2Channel(
  boot: WorkerBoot,
  facts: Pm2Facts,
  onShutdownMessage: (delivery: () => Delivery) => void,
): Channel {
  const log = pm2Log(boot);
  let hear: Parameters<Channel['onMessage']>[0] = () => undefined;
  const handlers: Handlers<WorkerMessage> = {
    ...UNHEARD,
    ready: () => {
      // pm2 knows nothing of leftovers: each worker looks for itself.
      hear({ type: 'recover', ends: [], running: [] }, undefined);
      if (facts.waitReady && boot.ready !== 'message') {
        // The daemon may have gone: without a callback that would be an uncaught error of the app.
        process.send?.('ready', undefined, undefined, () => undefined);
      }
    },
    flushed: ({ spans, ms }) => {
      if (!spans) return;
      const say = partsOf(spans).some((part) => droppedOf(part) + part.rejected > 0) ? log.warn : log.info;
      say(`flushed ${describeAccount(spans, ms)}`);
    },
  };
  return {
    send: (message) => dispatch(handlers, message),
    sent: () => Promise.resolve(),
    onMessage: (callback) => {
      hear = callback;
      process.on('message', (raw) => {
        if (raw !== 'shutdown') return;
        onShutdownMessage(() => ({
          settled: Promise.resolve(),
          endsItself: process.listeners('message').some((listener) => !before.has(listener)),
        }));
        const { drainTimeoutMs: drainMs, flushTimeoutMs: flushMs } = boot;
        callback({ type: 'stop', reason: 'stop', drainMs, flushMs, move: false }, undefined);
      });
      const before = new Set(process.listeners('message'));
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
