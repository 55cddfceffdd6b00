import type { ErrorBody, ProgressLine } from '../contract/control-protocol.js';
import { counted } from '../contract/counted.js';
import { KfError, toKfError } from '../contract/errors.js';
import { EXIT_REASONS } from '../contract/exit-reasons.js';
import { dispatch, type Handlers, ignore } from '../contract/handlers.js';
import type { Answer, Notification } from '../core/types.js';
import type { ControlContext } from './control-context.js';
import { deferred } from './deferred.js';
import { OTHER_NOTIFICATIONS } from './other-notifications.js';

type Write = (line: ProgressLine) => void;
type Workers = ReturnType<ControlContext['supervisor']['status']>['workers'];

/** Reloads, and reports each step as it happens; the last line is the outcome. Throws what `reloader.reload` throws. */
export async function reloadWithProgress(host: ControlContext, write: Write): Promise<void> {
  const { supervisor, reloader } = host;
  const begun = performance.now();
  let mine = 0;
  const stopSending = reportSteps(
    host,
    (notification) => {
      if (notification.type !== 'reload-started') return;
      mine = notification.generation;
      write({ type: 'started', generation: mine, slots: Array.from({ length: notification.workers }, (_, i) => i) });
    },
    (line) => mine > 0 && write(line),
  );
  try {
    const answer = await reloader.reload();
    if (!answer.ok && mine === 0) throw refusal('reload', answer, host);
    // The outcome and the last worker's account arrive in one turn of the loop, in either order.
    await new Promise(setImmediate);
    if (answer.ok) write({ type: 'done', generation: mine, ms: performance.now() - begun });
    else
      write({ type: 'failed', error: bodyOf(refusal('reload', answer, host)), lastWords: supervisor.failedStderr() });
  } finally {
    stopSending();
  }
}

/** Replaces the worker of a slot, or of each slot in turn, and reports each step; the last line is the outcome. */
export async function restartWithProgress(host: ControlContext, slot: number | undefined, write: Write): Promise<void> {
  const { supervisor } = host;
  const { workers, generation, target } = supervisor.status();
  const refused = supervisor.refusal();
  if (refused) throw refusal('restart', refused, host);
  const slots = slot === undefined ? Array.from({ length: target }, (_, i) => i) : [slot];
  const begun = performance.now();
  if (slot !== undefined && slot >= target) {
    throw refusal('restart', { ok: false, code: 'BAD_REQUEST', why: `there is no slot ${slot}` }, host);
  }
  write({ type: 'started', generation, slots });
  const ended = deferred<string | undefined>();
  const stopSending = reportSteps(host, watchRestart(slots, workers, ended.resolve), write);
  try {
    for (const one of slots) {
      const answer = await supervisor.recycle(one, 'restart');
      if (!answer.ok) ended.resolve(answer.why);
    }
    const failure = await ended.promise;
    await new Promise(setImmediate);
    if (failure === undefined) return write({ type: 'done', generation, ms: performance.now() - begun });
    const error = new KfError('RELOAD_FAILED', 'the restart failed', failure);
    write({ type: 'failed', error: bodyOf(error), lastWords: supervisor.failedStderr() });
  } finally {
    stopSending();
  }
}

/** Ends, with nothing or with what went wrong, when every slot's worker has gone and another has taken its place. */
function watchRestart(slots: readonly number[], workers: Workers, end: (failure?: string) => void) {
  const old = new Map(
    slots.map((slot) => [slot, workers.find((one) => one.slot === slot && one.phase !== 'draining')]),
  );
  const gone = (slot: number) => {
    old.delete(slot);
    if (old.size === 0) end();
  };
  return (notification: Notification): void => {
    if (notification.type === 'stopping') return end('the cluster is stopping');
    if (!('slot' in notification) || !old.has(notification.slot)) return;
    const before = old.get(notification.slot);
    // Where nobody ran there is nobody to wait for but the new worker.
    if (notification.type === 'worker-ready' && before?.pid === undefined) gone(notification.slot);
    if (notification.type !== 'worker-exit') return;
    if (notification.id === before?.id || notification.done) gone(notification.slot);
    else if (!EXIT_REASONS[notification.reason].ordered)
      end(`the new worker in slot ${notification.slot} ended (${notification.reason})`);
  };
}

/** The error of a client that the supervisor refuses. */
export function refusal(what: string, answer: Extract<Answer, { ok: false }>, host: ControlContext): KfError {
  if (answer.code === 'BAD_REQUEST') return new KfError('BAD_REQUEST', `${what} was refused`, answer.why);
  if (answer.code === 'RELOAD_FAILED') {
    const { why, reason } = answer;
    const fix = reason === 'fork-failed' ? host.supervisor.faults().refused?.fix : undefined;
    return new KfError('RELOAD_FAILED', `${what} failed`, why, { ...(fix !== undefined && { fix }) });
  }
  return new KfError('BUSY', `${what} was refused`, `${answer.why}${underWay(host)}`);
}

export function bodyOf(error: unknown): ErrorBody {
  const { code, message, why, fix } = toKfError(error);
  return { code, what: message, why, fix };
}

function underWay({ supervisor }: ControlContext): string {
  const { phase, workers, target } = supervisor.status();
  if (phase !== 'reloading') return '';
  const newest = Math.max(...workers.map((one) => one.generation));
  const done = workers.filter((one) => one.generation === newest && one.phase === 'ready').length;
  return `: generation ${newest} is ready in ${done} of ${counted(target, 'slot')}`;
}

/** Writes each step; `first` hears the notification before. Returns what ends it. */
function reportSteps(
  { supervisor }: ControlContext,
  first: (notification: Notification) => void,
  write: Write,
): () => void {
  const onNotification = (notification: Notification) => {
    first(notification);
    const line = dispatch(STEPS, notification);
    if (line) write(line);
  };
  const onFlushed = ({ slot, spans }: { slot: number; spans?: { exported: number } }) => {
    if (spans) write({ type: 'step', slot, step: 'flushed', spans: spans.exported });
  };
  supervisor.on('notification', onNotification);
  supervisor.on('flushed', onFlushed);
  return () => {
    supervisor.off('notification', onNotification);
    supervisor.off('flushed', onFlushed);
  };
}

/** The step that a client is shown for each notification, or none. */
const STEPS: Handlers<Notification, [], ProgressLine | undefined> = {
  ...OTHER_NOTIFICATIONS,
  'worker-starting': ({ slot }) => ({ type: 'step', slot, step: 'forking' }),
  'worker-ready': ({ slot, ms }) => ({ type: 'step', slot, step: 'ready', ms }),
  'worker-exit': ({ slot, ms, reason }) =>
    EXIT_REASONS[reason].ordered
      ? { type: 'step', slot, step: 'drained', ms }
      : { type: 'step', slot, step: 'lost', reason },
  'reload-done': ignore, // the outcome is the last line
  'reload-failed': ignore,
};
