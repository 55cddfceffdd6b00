import type { Log } from '../contract/log.js';
import { eventLog } from '../contract/log-events.js';
import type { Answer, Effect, Notification } from '../core/types.js';
import type { Moving } from './connection-moves.js';
import type { ProcessTable } from './process-table.js';
import type { Timers } from './timers.js';

/** The doors through which effects reach the world. */
interface Doors {
  readonly processes: ProcessTable;
  readonly moving: Moving;
  readonly timers: Timers;
  readonly log: Log;
  letGoOfPorts(): void;
  notify(notification: Notification): void;
  reply(request: number, answer: Answer): void;
  exit(code: number): void;
}

/** Does what was decided. It never chooses: one effect, one call. */
export function perform(effect: Effect, doors: Doors): void {
  switch (effect.type) {
    case 'fork':
      return doors.processes.fork(effect);
    case 'prepare':
      return doors.processes.prepare(effect);
    case 'discard':
      return doors.processes.discard();
    case 'retire':
      doors.processes.retire(effect);
      return doors.moving.leave(effect.id, effect.successors);
    case 'kill':
      logKill(doors.log, doors.processes.slot(effect.id), effect.reason);
      return doors.processes.kill(effect.id);
    case 'ask-alive':
      return doors.processes.send(effect.id, { type: 'ask-alive' });
    case 'let-go-of-ports':
      return doors.letGoOfPorts();
    case 'arm':
      return doors.timers.arm(effect.key, effect.at);
    case 'disarm':
      return doors.timers.disarm(effect.key);
    case 'notify':
      return doors.notify(effect.notification);
    case 'reply':
      return doors.reply(effect.request, effect.answer);
    case 'exit':
      return doors.exit(effect.code);
    default:
      return effect satisfies never;
  }
}

function logKill(log: Log, slot: number | undefined, reason: string): void {
  eventLog(log, 'worker-killed', { slot }).error(`killing worker ${slot} with SIGKILL`, { reason });
}
