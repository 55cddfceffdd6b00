import type { SpanRecord } from '../model.js';
import type { RouteRow } from '../page-api.js';
import { cut } from '../store/attribute-text.js';
import { methodOf, routeOf, statusOf } from '../store/http-names.js';
import type { Origin } from '../store/origin.js';
import { slowerBy } from './latencies.js';
import { RedCount, seconds } from './red.js';

/** Routes that are counted each for itself: without a template each path is one. */
const MOST_ROUTES = 300;
const REST = '(all other routes)';
const MOST_WORKERS = 64;
const MOST_GENERATIONS = 5;

interface Route {
  readonly service: string;
  readonly method: string;
  readonly route: string;
  readonly all: RedCount;
  readonly byWorker: Map<number, RedCount>;
  readonly byGeneration: Map<number, RedCount>;
}

/** Requests by route, from SERVER spans. */
interface Routes {
  add(span: SpanRecord, origin: Origin): void;
  rows(): RouteRow[];
}

export function createRoutes(now: () => number = seconds): Routes {
  const routes = new Map<string, Route>();
  const routeFor = (service: string, method: string, route: string): Route => {
    const key = JSON.stringify([service, method, route]);
    const known = routes.get(key);
    if (known !== undefined) return known;
    if (routes.size >= MOST_ROUTES && route !== REST) return routeFor(service, '', REST);
    const made = { service, method, route, all: new RedCount(), byWorker: new Map(), byGeneration: new Map() };
    routes.set(key, made);
    return made;
  };
  return {
    add: (span, { service, worker }) => {
      const method = span.kind === 'server' ? methodOf(span.attributes) : undefined;
      if (method === undefined) return;
      const route = routeFor(service, cut(method, 20), cut(routeOf(span.attributes) ?? '/', 200));
      const ms = Number(span.endNs - span.startNs) / 1e6;
      const failed = hasFailed(span);
      const at = now();
      route.all.add(ms, failed, at);
      countFor(route.byWorker, worker.slot, MOST_WORKERS)?.add(ms, failed, at);
      countFor(route.byGeneration, worker.generation, MOST_GENERATIONS)?.add(ms, failed, at);
    },
    rows: () => [...routes.values()].map((route) => readRoute(route, now())),
  };
}

export function hasFailed(span: SpanRecord): boolean {
  return span.status.code === 'error' || (statusOf(span.attributes) ?? 0) >= 500;
}

/** The oldest goes when there are too many. */
function countFor(counts: Map<number, RedCount>, key: number | undefined, most: number): RedCount | undefined {
  if (key === undefined) return undefined;
  const known = counts.get(key);
  if (known !== undefined) return known;
  const made = new RedCount();
  counts.set(key, made);
  if (counts.size > most) counts.delete(Math.min(...counts.keys()));
  return made;
}

function readRoute({ service, method, route, all, byWorker, byGeneration }: Route, now: number): RouteRow {
  const bySize = (counts: Map<number, RedCount>) => [...counts].sort(([a], [b]) => a - b);
  const regression = regressionOf(bySize(byGeneration));
  return {
    service,
    method,
    route,
    all: all.read(now),
    byWorker: bySize(byWorker).map(([slot, red]) => ({ slot, red: red.read(now) })),
    byGeneration: bySize(byGeneration).map(([generation, red]) => ({ generation, red: red.read(now) })),
    ...(regression && { regression }),
  };
}

/** Fewer requests say nothing. */
const LEAST_REQUESTS = 20;
/** In standard deviations. */
const NOISE = 3;
/** By less nobody is hurt: a share of requests, and a ratio and milliseconds of the 95th percentile. */
const LEAST_ERRORS = 0.01;
const LEAST_RATIO = 1.25;
const LEAST_MS = 1;

/** The newest generation against the one before it. */
function regressionOf(generations: readonly [number, RedCount][]): RouteRow['regression'] {
  const [older, newer] = generations.slice(-2);
  if (older === undefined || newer === undefined) return undefined;
  const [before, after] = [older[1], newer[1]];
  if (Math.min(before.count, after.count) < LEAST_REQUESTS) return undefined;
  const [wrongBefore, wrongAfter] = [before.errors / before.count, after.errors / after.count];
  const pooled = (before.errors + after.errors) / (before.count + after.count);
  const deviation = Math.sqrt(pooled * (1 - pooled) * (1 / before.count + 1 / after.count));
  const more = wrongAfter - wrongBefore;
  if (more > LEAST_ERRORS && more > NOISE * deviation) return { what: 'errors', from: wrongBefore, to: wrongAfter };
  const [from, to] = [before.latencies.percentile(0.95) ?? 0, after.latencies.percentile(0.95) ?? 0];
  const slower = to > from * LEAST_RATIO && to - from > LEAST_MS;
  return slower && slowerBy(after.latencies, before.latencies) > NOISE ? { what: 'slower', from, to } : undefined;
}
