import type { LifecycleSpan } from '../../contract/lifecycle-span.js';
import type { WorkerExit } from '../../contract/worker-exit.js';
import type { Notification } from '../../core/types.js';
import { errorIn } from './error-text.js';
import { exceptionEvents, exitAttributes, makeSpan } from './span-draft.js';

type Of<T extends Notification['type']> = Extract<Notification, { type: T }>;

interface Facts {
  now(): number;
  roll(): number;
  pid(id: number): number | undefined;
  /** What a worker that has just ended wrote to stderr. */
  stderrTail(id: number): string;
}

/** `stopped`: the cluster was stopped meanwhile. */
type Outcome = 'done' | 'rolled_back' | 'stopped';

/** What is known of the new worker in one slot, and of the old one there. */
interface SlotStory {
  readonly slot: number;
  readonly start: number;
  pid?: number | undefined;
  readyAt?: number;
  /** The old worker is gone, or the new one is. */
  end?: number;
  /** Of the new worker. */
  exit?: WorkerExit;
  error?: string | undefined;
}

interface Story {
  readonly from: number;
  readonly to: number;
  readonly start: number;
  readonly slots: Map<number, SlotStory>;
}

/**
 * Follows each reload: a span `kf.reload`, with a child `kf.reload.slot` for each slot that got a new worker, from its
 * fork to the end of the one it replaced, or to its own.
 */
export function followReloads(facts: Facts, emit: (span: LifecycleSpan) => void): (notification: Notification) => void {
  let generation = 1;
  let story: Story | undefined;
  const close = (outcome: Outcome, failure?: Of<'reload-failed'>) => {
    if (!story) return;
    emit(reloadSpan(story, outcome, failure, facts));
    if (outcome === 'done') generation = story.to;
    story = undefined;
  };
  return (notification) => {
    switch (notification.type) {
      case 'reload-started':
        story = { from: generation, to: notification.generation, start: facts.now(), slots: new Map() };
        return;
      case 'worker-starting':
      case 'worker-ready':
      case 'worker-exit':
        if (story) follow(story, notification, facts);
        return;
      case 'reload-done':
        return close('done');
      case 'reload-failed':
        return close('rolled_back', notification);
      case 'stopping':
      case 'crash-loop':
      case 'never-ready':
        return close('stopped');
    }
  };
}

function follow(
  story: Story,
  notification: Of<'worker-starting' | 'worker-ready' | 'worker-exit'>,
  facts: Facts,
): void {
  const { slot, generation, id } = notification;
  const isNew = generation === story.to;
  if (isNew && notification.type === 'worker-starting') story.slots.set(slot, { slot, start: facts.now() });
  const one = story.slots.get(slot);
  if (!one || one.exit) return;
  if (isNew) one.pid ??= facts.pid(id);
  if (isNew && notification.type === 'worker-ready') one.readyAt = facts.now();
  if (notification.type !== 'worker-exit') return;
  one.end = facts.now();
  if (!isNew) return;
  const { code, signal, reason } = notification;
  one.exit = { slot, generation, pid: one.pid ?? 0, code, signal, reason };
  if (reason !== 'rollback') one.error = errorIn(facts.stderrTail(id));
}

function reloadSpan(
  story: Story,
  outcome: Outcome,
  failure: Of<'reload-failed'> | undefined,
  { now, roll }: Facts,
): LifecycleSpan {
  const { from, to, start, slots } = story;
  const end = now();
  const attributes = {
    'kf.reload.generation': to,
    'kf.reload.from_generation': from,
    'kf.reload.outcome': outcome,
    'kf.reload.rolled_back': outcome === 'rolled_back',
    ...(failure && { 'kf.reload.failed_slot': failure.slot, 'error.type': failure.reason }),
  };
  const events = exceptionEvents(end, failure && slots.get(failure.slot)?.error);
  const why = failure
    ? `the new worker in slot ${failure.slot} ended (${failure.reason}); generation ${from} keeps serving`
    : 'the cluster was stopped during the reload';
  const root = makeSpan(
    { name: 'kf.reload', start, end, attributes, events, ...(outcome !== 'done' && { error: why }) },
    roll,
  );
  const children = [...slots.values()].map((one) => slotSpan(one, story, outcome, { end, roll, trace: root.traceId }));
  return { ...root, children };
}

function slotSpan(
  one: SlotStory,
  { to }: Story,
  reload: Outcome,
  { end, roll, trace }: { end: number; roll: () => number; trace: string },
): LifecycleSpan {
  const { slot, start, readyAt, exit } = one;
  const outcome = exit ? (exit.reason === 'rollback' ? 'rolled_back' : 'failed') : reload;
  const at = one.end ?? (outcome === 'done' ? readyAt : undefined) ?? end;
  const attributes = exit
    ? exitAttributes(exit)
    : { 'kf.worker.slot': slot, 'kf.worker.generation': to, 'kf.worker.pid': one.pid ?? 0 };
  const ready = readyAt === undefined ? [] : [{ name: 'ready', at: readyAt }];
  return makeSpan(
    {
      name: 'kf.reload.slot',
      start,
      end: at,
      attributes: { ...attributes, 'kf.reload.outcome': outcome },
      events: [...ready, ...exceptionEvents(at, one.error)],
      ...(outcome !== 'done' && { error: exit?.reason ?? outcome }),
    },
    roll,
    trace,
  );
}
