import type { Log } from '../contract/log.js';
import type { Answer, Effect, News } from '../core/types.js';
import type { Moving } from './connection-moves.js';
import type { Crew } from './process-table.js';
import type { Timers } from './timers.js';

/** The doors through which effects reach the world. */
export interface Doors {
  readonly crew: Crew;
  readonly moving: Moving;
  readonly timers: Timers;
  readonly log: Log;
  letGoOfPorts(): void;
  tell(news: News): void;
  reply(request: number, answer: Answer): void;
  exit(code: number): void;
}

/** Does what was decided. It never chooses: one effect, one call. */
export function perform(effect: Effect, doors: Doors): void {
  switch (effect.type) {
    case 'fork':
      return doors.crew.fork(effect);
    case 'prepare':
      return doors.crew.prepare(effect);
    case 'discard':
      return doors.crew.discard();
    case 'retire':
      doors.crew.retire(effect);
      return doors.moving.leave(effect.id, effect.successors);
    case 'kill':
      doors.log.error(`killing worker ${doors.crew.slot(effect.id)} with SIGKILL`, { reason: effect.reason });
      return doors.crew.kill(effect.id);
    case 'let-go-of-ports':
      return doors.letGoOfPorts();
    case 'arm':
      return doors.timers.arm(effect.key, effect.at);
    case 'disarm':
      return doors.timers.disarm(effect.key);
    case 'tell':
      return doors.tell(effect.news);
    case 'reply':
      return doors.reply(effect.request, effect.answer);
    case 'exit':
      return doors.exit(effect.code);
    default:
      return effect satisfies never;
  }
}
