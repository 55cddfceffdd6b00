import type { Attributes, Resource, SpanRecord } from '../model.js';
import type { Attribute, WorkerRef } from '../page-api.js';
import { countOf, textOf } from '../text.js';
import { attributeTexts, cut } from './attribute-text.js';

/** Who sent an item: what of its resource the views ask for. */
export interface Origin {
  /** Whose share of the store it takes: the slot of a worker, the service of anybody else. */
  readonly sender: string;
  readonly service: string;
  readonly worker: WorkerRef;
  readonly attributes: readonly Attribute[];
}

/** Senders that have a share of their own; who comes later shares one. */
const MOST_SENDERS = 64;
const MOST_ORIGINS = 1_024;

/** Reads each resource once: a request has one for all of its items, and a worker sends the same in each request. */
export class Origins {
  readonly #byResource = new WeakMap<Resource, Origin>();
  readonly #byText = new Map<string, Origin>();
  readonly #aboutOthers = new Map<string, Origin>();
  readonly #senders = new Set<string>();

  of(resource: Resource): Origin {
    const known = this.#byResource.get(resource);
    if (known !== undefined) return known;
    const attributes = attributeTexts(resource.attributes);
    const text = JSON.stringify(attributes);
    const origin = this.#byText.get(text) ?? this.#read(resource, attributes);
    this.#byResource.set(resource, origin);
    if (this.#byText.size >= MOST_ORIGINS) this.#byText.clear();
    this.#byText.set(text, origin);
    return origin;
  }

  /**
   * Of a span of ours about a worker, such as its hang or its exit, that worker: by then it is gone, and another one has sent
   * the span.
   */
  ofSpan({ resource, name, attributes }: Pick<SpanRecord, 'resource' | 'name' | 'attributes'>): Origin {
    const origin = this.of(resource);
    const worker = name.startsWith('kf.') ? workerOf(attributes, 'kf.worker.pid') : {};
    if (worker.slot === undefined) return origin;
    const text = JSON.stringify([worker, origin.attributes]);
    const other = this.#aboutOthers.get(text) ?? { ...origin, worker };
    if (this.#aboutOthers.size >= MOST_ORIGINS) this.#aboutOthers.clear();
    this.#aboutOthers.set(text, other);
    return other;
  }

  #read({ attributes }: Resource, texts: readonly Attribute[]): Origin {
    const service = cut(textOf(attributes['service.name']) ?? 'unknown', 100);
    const worker = workerOf(attributes, 'process.pid');
    return {
      sender: this.#senderOf(worker.slot === undefined ? `service ${service}` : `slot ${worker.slot}`),
      service,
      worker,
      attributes: texts,
    };
  }

  #senderOf(name: string): string {
    if (!this.#senders.has(name) && this.#senders.size >= MOST_SENDERS) return 'all others';
    this.#senders.add(name);
    return name;
  }
}

function workerOf(attributes: Attributes, pidName: string): WorkerRef {
  const slot = countOf(attributes['kf.worker.slot']);
  const generation = countOf(attributes['kf.worker.generation']);
  const pid = countOf(attributes[pidName]);
  return {
    ...(slot !== undefined && { slot }),
    ...(generation !== undefined && { generation }),
    ...(pid !== undefined && { pid }),
  };
}
