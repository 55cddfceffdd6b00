import type { Config } from '../config/types.js';
import type { Log } from '../contract/log.js';
import type { Flushed } from '../contract/messages.js';
import { heirs, members, serves } from '../core/roster.js';
import type { News, State } from '../core/types.js';
import { createChronicle } from './lifecycle-spans/lifecycle-spans.js';
import { isPlanned } from './log-notifications.js';
import type { Crew } from './process-table.js';
import { createAdoption } from './recovery.js';
import type { Leftovers } from './start-flush-process.js';

export interface EstateParts {
  state(): State;
  config(): Config;
  readonly crew: Crew;
  readonly log: Log;
}

/** What workers leave when they end, and who takes it: undelivered spans, and the story of how they ended. */
export interface Estate {
  take(news: News): void;
  /** A worker says that lifecycle spans up to that number are on record. */
  recorded(id: number, upTo: number): void;
  lastWords(id: number, words: Pick<Flushed, 'spans' | 'gaveUp'>): void;
  /** It is reaped, and its exit decided on. */
  exited(id: number): void;
  leftovers(): Leftovers;
}

export function createEstate({ state, config, crew, log }: EstateParts): Estate {
  const send = crew.send;
  const adoption = createAdoption({
    ready: () => heirs(state()).flatMap((one) => (serves(one) ? [one.id] : [])),
    running: () => members(state()).flatMap(({ id }) => crew.pid(id) ?? []),
    journalStarts: () => config().journalStarts,
    stopping: () => state().phase === 'stopping',
    send,
  });
  const chronicle = createChronicle({
    ...crew,
    now: Date.now,
    roll: Math.random,
    heirs: () => heirs(state()).map(({ id }) => id),
    onOverflow: () => log.warn('too much happened to put all of it into the traces: the oldest is left out'),
  });
  const ended = (news: Extract<News, { type: 'worker-exit' }>) => {
    const { id, slot, generation, code, signal, reason } = news;
    const exit = { slot, pid: crew.pid(id) ?? 0, generation, code, signal, reason };
    const told = isPlanned(news) || news.done ? undefined : crew.remember(id, exit);
    adoption.ended(exit, told?.at ?? Date.now());
    if (told) chronicle.ended(id, told);
  };
  const spools = () => config().telemetry && config().delivery !== 'memory';
  return {
    take: (news) => {
      if (news.type === 'worker-exit') ended(news);
      chronicle.take(news);
      if (news.type === 'worker-ready' && spools()) adoption.ready(news.id);
    },
    recorded: chronicle.recorded,
    lastWords: adoption.lastWords,
    exited: (id) => {
      chronicle.exited(id);
      if (spools()) adoption.exited(id);
    },
    leftovers: () => ({
      refused: adoption.refused(),
      workers: adoption.workers(),
      lifecycle: chronicle.rest(),
    }),
  };
}
