/** A span as it is looked at by `doctor --live`, `smoke --url` and the lints: plain data, without what may be secret. */
export interface WatchedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Undefined for the root of a trace. */
  readonly parentId: string | undefined;
  /** Whether the parent is in another process; undefined where that is not known. */
  readonly parentIsRemote?: boolean | undefined;
  /** Whether the parent is recorded, where that was seen at the start; undefined: its own span shows it, or its absence. */
  readonly parentIsRecorded?: boolean | undefined;
  /** `service.name`. */
  readonly service: string;
  /** The instrumentation's name; the supervisor's own spans have `kf-cluster`. */
  readonly scope?: string | undefined;
  readonly name: string;
  readonly kind: WatchedKind;
  /** Milliseconds since 1970. */
  readonly startMs: number;
  /** The same; what it is of a span that has not ended does not count. */
  readonly endMs: number;
  /** False for one that was seen at its start; the same span may come again when it has ended. */
  readonly ended: boolean;
  readonly status: 'unset' | 'ok' | 'error';
  /** Of a worker only those of LOOKED_AT. */
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Characters or bytes of all attributes, where `attributes` does not hold them all. */
  readonly attributeSizes?: Readonly<Record<string, number>> | undefined;
  readonly events: readonly { readonly name: string }[];
}

/** In the order of the numbers that OTLP gives them. */
export const WATCHED_KINDS = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'] as const;
export type WatchedKind = (typeof WATCHED_KINDS)[number];

/** Attributes whose values leave a worker. */
export const LOOKED_AT = [
  'http.route',
  'http.request.method',
  'http.method',
  'http.response.status_code',
  'http.status_code',
] as const;

/** Characters of a string, bytes of others, counted up to `most`. */
export function attributeSize(value: unknown, most = 65_536): number {
  if (typeof value === 'string') return value.length;
  if (value instanceof Uint8Array) return value.byteLength;
  if (typeof value !== 'object' || value === null) return 8;
  let size = 0;
  for (const one of Object.values(value)) {
    size += attributeSize(one, most - size);
    if (size > most) break;
  }
  return size;
}

/** What a worker is asked to look at. */
export interface SpanWatchOrder {
  /** Serial number. */
  readonly watch: number;
  /** How long, in milliseconds from its arrival. */
  readonly ms: number;
  /** One trace, with what becomes of it; absent: a sample of all. */
  readonly traceId?: string;
}

/**
 * What became of the spans of one trace: `open` while one has not ended or nobody has answered; `unsent` where no exporter has
 * a collector to wait for.
 */
export type SpanFate = 'open' | 'acknowledged' | 'waiting' | 'rejected' | 'dropped' | 'unsent';

/** What a worker has seen, from the beginning of its watch; a later one replaces it. */
export interface SpanWatchReport {
  readonly watch: number;
  readonly spans: readonly WatchedSpan[];
  /** Spans that have started, those included that are not in `spans`. */
  readonly seen: number;
  readonly fate: SpanFate;
  /** Why they wait or were dropped. */
  readonly why?: string;
  /** Nothing more comes. */
  readonly last?: true;
  /** This worker has no provider that lets anybody look. */
  readonly blind?: true;
}

/** A look at spans that is under way. */
export interface SpanLook {
  seen(): Pick<SpanWatchReport, 'spans' | 'seen' | 'fate' | 'why'>;
  stop(): void;
}

/** Begins to look. `onChange` is called when there is something new of a followed trace. */
export type SpanSource = (order: Pick<SpanWatchOrder, 'traceId'>, onChange: () => void) => SpanLook;
