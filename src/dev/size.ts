import type { Attributes, AttributeValue, Resource, SpanRecord } from './model.js';

/** An object, in bytes, beside what it holds. */
const OBJECT_BYTES = 100;

const resources = new WeakSet<Resource>();

/**
 * What a span takes in memory, roughly, in bytes. What it shares with others of its request is counted with the first, and
 * once: whoever gives it back keeps the number.
 */
export function sizeOf(span: SpanRecord): number {
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
  let size = OBJECT_BYTES;
  for (const key in attributes) size += textSize(key) + valueSize(attributes[key] ?? null);
  return size;
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
