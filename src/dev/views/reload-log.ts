import type { SupervisorView } from '../page-api.js';
import type { SupervisorEvent } from '../supervisor-events.js';

const MOST = 50;

type Reload = { -readonly [K in keyof SupervisorView['reloads'][number]]: SupervisorView['reloads'][number][K] };
type Noted = Extract<SupervisorEvent, { type: 'notification' }>;

/** Each reload from its start to its end. */
export interface ReloadLog {
  add(event: Noted): void;
  all(): SupervisorView['reloads'];
}

export function createReloadLog(): ReloadLog {
  const reloads: Reload[] = [];
  const change = (event: Noted, outcome: Reload['outcome']) => {
    const running = reloads.at(-1);
    if (running === undefined) return;
    running.outcome = outcome;
    running.text = event.text;
    running.took = event.at - running.at;
  };
  return {
    add: (event) => {
      const { at, text, notification } = event;
      const running = reloads.at(-1)?.outcome === 'running' ? reloads.at(-1) : undefined;
      switch (notification.type) {
        case 'reload-started':
          reloads.push({ at, outcome: 'running', text });
          if (reloads.length > MOST) reloads.shift();
          return;
        case 'worker-ready':
        case 'worker-exit':
          // The first worker of a generation is its canary.
          if (running !== undefined && running.canary === undefined) running.canary = text;
          return;
        case 'reload-done':
          return change(event, 'done');
        // Said when the old generation serves alone again, or when there is no way back; then that comes next.
        case 'reload-failed':
        case 'rollback-done':
          return change(event, 'rolled-back');
        case 'rollback-stuck':
          return change(event, 'failed');
      }
    },
    all: () => reloads.map((reload) => ({ ...reload })),
  };
}
