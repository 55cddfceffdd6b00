import type { LifecycleSpan, Predecessor } from '../../../hooks/types.js';
import type { News } from '../../core/types.js';
import { watchCrashLoops } from './crash-loop-span.js';
import { exitSpan } from './exit-span.js';
import { followReloads } from './reload-span.js';
import { makeSpan } from './span-draft.js';
import { Telling, type TellingParts } from './span-outbox.js';

export interface ChronicleParts extends TellingParts {
  /** Milliseconds since 1970. */
  now(): number;
  /** Uniform in [0, 1); makes the ids. */
  roll(): number;
  pid(id: number): number | undefined;
  /** What a worker wrote to stderr last. */
  words(id: number): string;
  /** The same of the worker that failed last. */
  lastWords(): string;
}

/** The supervisor's own life as spans, which workers put on record: the primary has no provider. */
export interface Chronicle {
  take(news: News): void;
  /** A worker ended unplanned. */
  ended(id: number, exit: Predecessor): void;
  /** A worker says that all it was told up to that number is on record. */
  recorded(id: number, upTo: number): void;
  exited(id: number): void;
  /** What no worker has put on record. */
  rest(): LifecycleSpan[];
}

export function createChronicle(parts: ChronicleParts): Chronicle {
  const telling = new Telling(parts);
  const add = (span: LifecycleSpan) => telling.add(span);
  const followReload = followReloads(parts, add);
  const loops = watchCrashLoops(parts, (draft) => add(makeSpan(draft, parts.roll)));
  return {
    take: (news) => {
      followReload(news);
      loops.take(news);
      if (news.type === 'worker-ready') telling.tell();
    },
    ended: (id, exit) => {
      loops.ended(exit);
      add(makeSpan(exitSpan(exit, parts.words(id)), parts.roll));
    },
    recorded: (id, upTo) => telling.recorded(id, upTo),
    exited: (id) => telling.exited(id),
    rest: () => telling.rest(),
  };
}
