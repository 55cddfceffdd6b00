import type { Topic } from './data/contract.js';

export type ViewName = Topic;

/** In the order of the navigation, which is that of the keys 1 to 9. `filtered`: its stream takes a filter. */
export const VIEWS = [
  { name: 'now', topic: 'now', title: 'Now', filtered: false },
  { name: 'traces', topic: 'traces', title: 'Traces', filtered: true },
  { name: 'routes', topic: 'routes', title: 'Routes', filtered: false },
  { name: 'errors', topic: 'errors', title: 'Errors', filtered: false },
  { name: 'map', topic: 'map', title: 'Map', filtered: false },
  { name: 'logs', topic: 'logs', title: 'Logs', filtered: true },
  { name: 'metrics', topic: 'metrics', title: 'Metrics', filtered: false },
  { name: 'supervisor', topic: 'supervisor', title: 'Supervisor', filtered: false },
  { name: 'lints', topic: 'lints', title: 'Lints', filtered: false },
] as const satisfies readonly { name: ViewName; topic: Topic; title: string; filtered: boolean }[];
