import type { Attributes, AttributeValue, Resource, SpanRecord } from './model.js';

/** An object, in bytes, beside what it holds. */
const OBJECT_BYTES = 100;

const sizes = new WeakMap<SpanRecord, number>();
const resources = new WeakSet<Resource>();

/** What a span takes in memory, roughly, in bytes. What it shares with others of its request is counted with the first. */
export function sizeOf(span: SpanRecord): number {
  const known = sizes.get(span);
  if (known !== undefined) return known;
  const size = measure(span);
  sizes.set(span, size);
  return size;
}

function measure(span: SpanRecord): number {
  let size = 5 * OBJECT_BYTES + textSize(span.name) + textSize(span.traceState) + textSize(span.status.message);
  size += attributesSize(span.attributes);
  for (const { name, attributes } of span.events) size += OBJECT_BYTES + textSize(name) + attributesSize(attributes);
  for (const { traceState, attributes } of span.links) {
    size += 2 * OBJECT_BYTES + textSize(traceState) + attributesSize(attributes);
  }
  if (resources.has(span.resource)) return size;
  resources.add(span.resource);
  return size + attributesSize(span.resource.attributes) + attributesSize(span.scope.attributes);
}

function attributesSize(attributes: Attributes): number {
  return Object.entries(attributes).reduce((sum, [key, value]) => sum + textSize(key) + valueSize(value), OBJECT_BYTES);
}

function valueSize(value: AttributeValue): number {
  if (typeof value === 'string') return textSize(value);
  if (typeof value !== 'object' || value === null) return 16;
  if (value instanceof Uint8Array) return OBJECT_BYTES + value.length;
  if (Array.isArray(value)) return value.reduce((sum: number, one) => sum + valueSize(one), OBJECT_BYTES);
  return attributesSize(value as Attributes);
}

function textSize(text: string): number {
  return 16 + 2 * text.length;
}
