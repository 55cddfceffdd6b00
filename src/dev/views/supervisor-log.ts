import { EXIT_REASONS } from '../../contract/exit-reasons.js';
import { dispatch, type Handlers, ignore } from '../../contract/handlers.js';
import type { Phase } from '../../contract/phases.js';
import type { Notification } from '../../core/types.js';
import type { LanePhase, Mark, SupervisorView, SupervisorWorker, WorkerRef } from '../page-api.js';
import type { Sample, SupervisorEvent, WorkerSample } from '../supervisor-events.js';
import { createEndedWorkers } from './ended-workers.js';
import { createHangs } from './hangs.js';
import type { Now } from './now.js';
import { createOutages } from './outages.js';
import { createReloadLog, type ReloadLog } from './reload-log.js';

const MOST_EVENTS = 500;

type Entry = SupervisorView['events'][number];

/** What the supervisor did, for the page. */
export interface SupervisorLog {
  add(event: SupervisorEvent): void;
  /** @param received spans that came from workers; @param waiting the requests that a worker held up, of that time */
  read(received: number, waiting: (worker: WorkerRef, from: number, to: number) => readonly string[]): SupervisorView;
  /** Whether that worker ended without an account of its spans. */
  isUnaccounted(pid: number | undefined): boolean;
}

const NO_SAMPLE: Sample = { phase: 'starting', workers: [], account: { ended: 0, exported: 0, held: 0, dropped: [] } };

export function createSupervisorLog(now: Now): SupervisorLog {
  const events: Entry[] = [];
  const hangs = createHangs(now);
  const watchOutages = createOutages(now);
  const reloads = createReloadLog();
  const ended = createEndedWorkers();
  let latest = NO_SAMPLE;
  const note = (event: Entry) => {
    events.push(event);
    if (events.length > MOST_EVENTS) events.shift();
  };
  return {
    add: (event) => {
      switch (event.type) {
        case 'notification': {
          const { at, notification, level, text } = event;
          const worker = workerOf(event);
          note({ at, level, name: notification.type, text, ...(worker && { worker }) });
          markNotification(now, reloads, event, worker);
          const { pid } = event;
          if (notification.type !== 'worker-exit') return;
          hangs.ended(pid, at);
          if (pid !== undefined) ended.exited({ ...worker, pid });
          return;
        }
        case 'flushed': {
          ended.accounted(event.pid);
          if (event.text !== '') note(flushedEntry(event));
          return;
        }
        case 'stall':
          return hangs.add(event);
        case 'sample':
          latest = event.sample;
          for (const worker of latest.workers) takeSample(now, worker, event.at);
          watchOutages(event.at, latest.account);
      }
    },
    read: (received, waiting) => ({
      phase: latest.phase,
      workers: latest.workers.map(workerRow),
      events: [...events],
      reloads: reloads.all(),
      hangs: hangs.read(waiting, ended.isUnaccounted),
      account: accountOf(latest, received, ended.unaccounted()),
    }),
    isUnaccounted: ended.isUnaccounted,
  };
}

const PHASES: Readonly<Record<Phase, LanePhase>> = {
  starting: 'booting',
  ready: 'ready',
  draining: 'draining',
  backoff: 'exited',
  failed: 'given up',
  done: 'exited',
};

function workerRow({ slot, generation, pid, phase, since, restarts, stall }: WorkerSample): SupervisorWorker {
  return {
    worker: { slot, generation, ...(pid !== undefined && { pid }) },
    phase: stall === undefined ? PHASES[phase] : 'hung',
    since,
    restarts,
  };
}

function flushedEntry({ at, slot, pid, text, lost }: Extract<SupervisorEvent, { type: 'flushed' }>): Entry {
  const level = lost ? 'warn' : 'info';
  return { at, level, name: 'flushed', text: `worker ${slot} flushed ${text}`, worker: { slot, pid } };
}

function takeSample(
  now: Now,
  { slot, generation, pid, phase, since, stall, ...sizes }: WorkerSample,
  at: number,
): void {
  now.sample(slot, sizes.loopDelay, sizes.memory);
  // Of one that is blocked its report says more.
  if (pid !== undefined && stall === undefined)
    now.phase({ slot, generation, pid }, PHASES[phase], Math.min(since, at));
}

type Noted = Extract<SupervisorEvent, { type: 'notification' }>;

function workerOf({ notification, pid }: Noted): WorkerRef | undefined {
  if (!('slot' in notification)) return undefined;
  const { slot } = notification;
  const generation = 'generation' in notification ? { generation: notification.generation } : {};
  return { slot, ...generation, ...(pid !== undefined && { pid }) };
}

function markNotification(now: Now, reloads: ReloadLog, event: Noted, worker: WorkerRef | undefined): void {
  const { at, text, notification } = event;
  reloads.add(event);
  const kind = dispatch(MARKS, notification);
  if (kind !== undefined) now.mark({ at, kind, text });
  const phase = WORKER_PHASES.get(notification.type);
  if (phase !== undefined && worker?.slot !== undefined && event.pid !== undefined) {
    now.phase({ ...worker, slot: worker.slot }, phase, at);
  }
}

const WORKER_PHASES: ReadonlyMap<Notification['type'], LanePhase> = new Map([
  ['worker-ready', 'ready'],
  ['worker-exit', 'exited'],
]);

const MARKS: Handlers<Notification, [], Mark['kind'] | undefined> = {
  'worker-starting': ignore,
  'worker-ready': ignore,
  'worker-exit': ({ reason }) => (EXIT_REASONS[reason].planned ? undefined : 'crash'),
  'restart-in': () => 'restart',
  'slot-failed': () => 'crash',
  'slot-retried': ignore,
  'slot-ended': ignore,
  'all-ready': ignore,
  'all-ended': ignore,
  lingering: ignore,
  leaving: ignore,
  stopping: ignore,
  stopped: ignore,
  'never-ready': ignore,
  'crash-loop': ignore,
  scale: ignore,
  refused: ignore,
  'reload-started': () => 'reload',
  'reload-done': ignore,
  'reload-failed': () => 'rollback',
  'rollback-stuck': () => 'rollback',
  'rollback-done': () => 'recovered',
};

/** Spans that came twice count once here, and a worker that was killed may have had some that nobody knows of. */
function accountOf({ account }: Sample, received: number, workers: WorkerRef[]): SupervisorView['account'] {
  const { ended, exported, held, dropped } = account;
  const lost = dropped.reduce((sum, { count }) => sum + count, 0);
  const seen = received + lost + held;
  return {
    // The last spans of a worker that was killed may have come, and its word that they ended not.
    ended: workers.length === 0 ? ended : Math.max(ended, seen),
    received,
    dropped,
    held,
    unaccounted: { count: workers.length === 0 ? 0 : Math.max(0, ended - seen), workers },
    balanced: workers.length === 0 && received >= exported && ended <= seen,
  };
}
