import { type Handlers, ignore } from '../contract/handlers.js';
import type { Notification } from '../core/types.js';

/** Notifications that are neither a step of a reload nor counted: a status or a scrape shows what they led to. */
export const OTHER_NOTIFICATIONS = {
  'restart-in': ignore,
  'slot-failed': ignore,
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
  'reload-started': ignore,
  'rollback-stuck': ignore,
  'rollback-done': ignore,
} satisfies Partial<Handlers<Notification>>;
