import type { LifecycleSpan } from '../../contract/lifecycle-span.js';
import type { Predecessor } from '../../contract/worker-exit.js';
import type { Notification } from '../../core/types.js';
import { watchCrashLoops } from './crash-loop-span.js';
import { exitSpan } from './exit-span.js';
import { followReloads } from './reload-span.js';
import { makeSpan } from './span-draft.js';
import { SpanOutbox, type SpanOutboxParts } from './span-outbox.js';

interface LifecycleSpansParts extends SpanOutboxParts {
  /** Milliseconds since 1970. */
  now(): number;
  /** Uniform in [0, 1); makes the ids. */
  roll(): number;
  pid(id: number): number | undefined;
  /** What a worker wrote to stderr last. */
  stderrTail(id: number): string;
  /** The same of the worker that failed last. */
  failedStderr(): string;
}

/** The supervisor's own life as spans, which workers put on record: the primary has no provider. */
interface LifecycleSpans {
  take(notification: Notification): void;
  /** A worker ended unplanned. */
  ended(id: number, exit: Predecessor): void;
  /** A worker confirms everything up to that number. */
  recorded(id: number, upTo: number): void;
  exited(id: number): void;
  /** What no worker has put on record. */
  rest(): LifecycleSpan[];
}

export function createLifecycleSpans(parts: LifecycleSpansParts): LifecycleSpans {
  const outbox = new SpanOutbox(parts);
  const add = (span: LifecycleSpan) => outbox.add(span);
  const followReload = followReloads(parts, add);
  const loops = watchCrashLoops(parts, (draft) => add(makeSpan(draft, parts.roll)));
  return {
    take: (notification) => {
      followReload(notification);
      loops.take(notification);
      if (notification.type === 'worker-ready') outbox.send();
    },
    ended: (id, exit) => {
      loops.ended(exit);
      add(makeSpan(exitSpan(exit, parts.stderrTail(id)), parts.roll));
    },
    recorded: (id, upTo) => outbox.recorded(id, upTo),
    exited: (id) => outbox.exited(id),
    rest: () => outbox.rest(),
  };
}
