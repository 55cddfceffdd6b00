import { DROP_CAUSES, describeAccount, droppedOf, NO_SPANS, partsOf } from '../contract/item-account.js';
import type { Fields, Log } from '../contract/log.js';
import type { WorkerStats } from '../contract/messages.js';
import { type Counters, createCounters } from '../control/counters.js';
import type { Notification } from '../core/types.js';
import { logNotification } from '../supervisor/log-notifications.js';
import type { Supervisor } from '../supervisor/supervisor.js';
import type { Sample, SupervisorEvent } from './supervisor-events.js';

/** How often all workers are asked how they are, in milliseconds. */
const EVERY = 1_000;

/**
 * Sends what a supervisor does to the page. Nothing waits for it, and it throws nothing: what cannot be sent is left out.
 *
 * @param send must not throw
 */
export function followSupervisor(supervisor: Supervisor, send: (event: SupervisorEvent) => void): void {
  const counters = createCounters(supervisor);
  // Of one that has ended the status no longer has it.
  const pids = new Map<number, number>();
  supervisor.on('notification', (notification) => {
    for (const { id, pid } of supervisor.status().workers) if (pid !== undefined) pids.set(id, pid);
    send(eventOf(notification, (id) => pids.get(id)));
    if (notification.type === 'worker-exit') pids.delete(notification.id);
  });
  /** Spans that ended workers have counted and left on the disk, for another one to send. */
  let left = 0;
  supervisor.on('flushed', ({ slot, pid, spans, ms }) => {
    left += spans?.spooled ?? 0;
    const lost = spans !== undefined && partsOf(spans).some((part) => droppedOf(part) + part.rejected > 0);
    send({ type: 'flushed', at: Date.now(), slot, pid, text: spans ? describeAccount(spans, ms) : '', lost });
  });
  supervisor.on('stall', (report) => send({ type: 'stall', at: Date.now(), ...report }));
  let asking = false;
  const timer = setInterval(() => {
    if (asking) return;
    asking = true;
    supervisor.ask('stats').then(
      (stats) => {
        asking = false;
        send({ type: 'sample', at: Date.now(), sample: sampleOf(supervisor, counters, stats, left) });
      },
      () => {
        asking = false; // nobody answered; the next sample is a second away
      },
    );
  }, EVERY);
  timer.unref();
  supervisor.once('exit', () => clearInterval(timer));
}

/** With the words of the log. */
function eventOf(notification: Notification, pidOf: (id: number) => number | undefined): SupervisorEvent {
  const lines: { readonly level: 'info' | 'warn' | 'error'; readonly text: string }[] = [];
  const line =
    (level: 'info' | 'warn' | 'error') =>
    (text: string, fields: Fields = {}) => {
      const more = Object.entries(fields).flatMap(([name, value]) => (value == null ? [] : [`${name}=${value}`]));
      lines.push({ level, text: [text, ...more].join(' ') });
    };
  const log: Log = {
    debug: line('info'),
    info: line('info'),
    warn: line('warn'),
    error: line('error'),
    with: () => log,
  };
  logNotification(log, notification, { pid: pidOf, stderrTail: () => '', isSilent: () => false });
  const [first] = lines;
  const pid = 'id' in notification ? pidOf(notification.id) : undefined;
  return {
    type: 'notification',
    at: Date.now(),
    notification,
    level: first?.level ?? 'info',
    text: lines.map(({ text }) => text).join('; ') || notification.type,
    ...(pid !== undefined && { pid }),
  };
}

function sampleOf(
  supervisor: Supervisor,
  counters: Counters,
  stats: ReadonlyMap<number, WorkerStats>,
  left: number,
): Sample {
  const now = Date.now();
  const { phase, workers } = supervisor.status();
  const { spans } = counters.totals(stats);
  const held = [...stats.values()].reduce((sum, { spans: one = NO_SPANS }) => sum + one.spooled + one.pending, 0);
  // What was left is recovered, or waits; beyond it the spans of workers are recovered that were killed and could count nothing.
  const waiting = left - spans.recovered;
  const causes = [...DROP_CAUSES, 'rejected' as const].map((cause) => ({
    cause,
    count: cause === 'rejected' ? spans.rejected : spans.dropped[cause],
  }));
  return {
    phase,
    workers: workers.map(({ id, slot, generation, pid, phase: own, forMs, restarts, stall }) => ({
      ...{ slot, generation, pid, phase: own, since: Math.round(now - forMs), restarts, stall },
      loopDelay: stats.get(id)?.loopDelayP99,
      memory: stats.get(id)?.rss,
    })),
    account: {
      ended: spans.ended + Math.max(0, -waiting),
      exported: spans.exported,
      held: held + Math.max(0, waiting),
      dropped: causes.filter(({ count }) => count > 0),
    },
  };
}
