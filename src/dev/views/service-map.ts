import type { Attributes, SpanRecord } from '../model.js';
import type { MapEdge, MapNode } from '../page-api.js';
import { cut } from '../store/attribute-text.js';
import type { Origins } from '../store/origin.js';
import { textOf } from '../text.js';
import { RedCount, round, seconds } from './red.js';
import { hasFailed } from './route-stats.js';

const MOST_NODES = 100;
const MOST_EDGES = 300;

/** Who calls whom, from the traces that are complete. */
interface ServiceMap {
  /** The spans of one trace. */
  add(spans: readonly SpanRecord[]): void;
  read(): { readonly nodes: readonly MapNode[]; readonly edges: readonly MapEdge[] };
}

type Place = Pick<MapNode, 'id' | 'label' | 'kind'>;

export function createServiceMap(origins: Origins, now: () => number = seconds): ServiceMap {
  const nodes = new Map<string, { place: Place; red: RedCount }>();
  const edges = new Map<string, { from: string; to: string; red: RedCount }>();
  const count = (from: Place, to: Place, span: SpanRecord) => {
    const key = `${from.id}\n${to.id}`;
    const isNew = !edges.has(key);
    if (isNew && (edges.size >= MOST_EDGES || nodes.size + 2 > MOST_NODES)) return;
    for (const place of [from, to]) if (!nodes.has(place.id)) nodes.set(place.id, { place, red: new RedCount() });
    const edge = edges.get(key) ?? { from: from.id, to: to.id, red: new RedCount() };
    edges.set(key, edge);
    const ms = Number(span.endNs - span.startNs) / 1e6;
    const [failed, at] = [hasFailed(span), now()];
    edge.red.add(ms, failed, at);
    nodes.get(to.id)?.red.add(ms, failed, at);
  };
  return {
    add: (spans) => {
      const byId = new Map(spans.map((span) => [span.spanId, span]));
      const answered = new Map(spans.filter(isEntry).map((span) => [span.parentSpanId, span]));
      const here = (span: SpanRecord) => serviceOf(origins.of(span.resource).service);
      for (const span of spans) {
        const parent = span.parentSpanId === undefined ? undefined : byId.get(span.parentSpanId);
        if (isEntry(span)) count(parent === undefined ? CLIENT : here(parent), here(span), span);
        else if (isExit(span) && !answered.has(span.spanId)) {
          const to = calledBy(span.attributes);
          if (to !== undefined) count(here(span), to, span);
        }
      }
    },
    read: () => ({
      nodes: [...nodes.values()].map(({ place, red }) => ({ ...place, ...rates(red, now()) })),
      edges: [...edges.values()].map(({ from, to, red }) => ({
        from,
        to,
        ...rates(red, now()),
        p95: round(red.latencies.percentile(0.95) ?? 0),
      })),
    }),
  };
}

const CLIENT: Place = { id: 'client', label: 'clients', kind: 'client' };

function isEntry({ kind }: SpanRecord): boolean {
  return kind === 'server' || kind === 'consumer';
}

function isExit({ kind }: SpanRecord): boolean {
  return kind === 'client' || kind === 'producer';
}

function serviceOf(name: string): Place {
  return { id: `service ${name}`, label: name, kind: 'service' };
}

/** What is called and sends no spans of its own, by the attributes of the call; the stable names before the old ones. */
function calledBy(attributes: Attributes): Place | undefined {
  const host = own(attributes, 'server.address', 'net.peer.name', 'peer.service') ?? '';
  const port = own(attributes, 'server.port', 'net.peer.port');
  const at = port === undefined ? host : `${host}:${port}`;
  const database = own(attributes, 'db.system.name', 'db.system');
  if (database !== undefined) {
    const label = [database, own(attributes, 'db.namespace', 'db.name')].filter(Boolean).join(' ');
    return place('database', label, at);
  }
  const queue = own(attributes, 'messaging.system');
  if (queue !== undefined) {
    const topic = own(attributes, 'messaging.destination.name', 'messaging.destination');
    return place('queue', [queue, topic].filter(Boolean).join(' '), at);
  }
  return at === '' ? undefined : place('http', at, '');
}

function place(kind: MapNode['kind'], label: string, at: string): Place {
  return { id: cut(`${kind} ${label} ${at}`.trimEnd(), 300), label: cut(label, 100), kind };
}

function own(attributes: Attributes, ...names: readonly string[]): string | undefined {
  const name = names.find((one) => Object.hasOwn(attributes, one));
  return name === undefined ? undefined : textOf(attributes[name]);
}

function rates(red: RedCount, now: number): { rate: number; errors: number } {
  const { rate, errors } = red.read(now);
  return { rate, errors };
}
