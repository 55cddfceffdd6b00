import type { Attributes, Span } from '@opentelemetry/api';

/** What the SDK's span keeps its attributes in, and what limits them. */
interface SdkSpan extends Span {
  attributes: Attributes;
  _attributesCount: number;
  readonly _spanLimits: { readonly attributeCountLimit?: number; readonly attributeValueLengthLimit?: number };
}

/** More than a SERVER span has. */
const ENOUGH = 64;

/**
 * Gives a span that has none its first attributes: strings and numbers only, none of them undefined. As they are, where no limit
 * could change them: one by one each costs a check of its type, of its key and of the limits, and another shape of the object,
 * all together as much as the rest of the span.
 */
export function giveAttributes(span: Span, attributes: Attributes): void {
  if (!isUnlimited(span)) {
    span.setAttributes(attributes);
    return;
  }
  span.attributes = attributes;
  span._attributesCount = countOf(attributes);
}

/**
 * As `setAttribute` for a number, which an app may have made something else. Where the span has room and no such attribute, without
 * the checks of its type and key, which cost more than to set it.
 */
export function addNumber(span: Span, key: string, value: number): void {
  const isPlain =
    typeof value === 'number' && span.isRecording() && hasRoom(span) && span.attributes[key] === undefined;
  if (!isPlain) {
    span.setAttribute(key, value);
    return;
  }
  span.attributes[key] = value;
  span._attributesCount += 1;
}

/** A limit of the values' length does not concern a number. */
function hasRoom(span: Span): span is SdkSpan {
  if (!isSdkSpan(span)) return false;
  return span._attributesCount < (span._spanLimits.attributeCountLimit ?? Infinity);
}

function isUnlimited(span: Span): span is SdkSpan {
  if (!isSdkSpan(span) || span._attributesCount !== 0) return false;
  const { attributeCountLimit: count = Infinity, attributeValueLengthLimit: length = Infinity } = span._spanLimits;
  return count >= ENOUGH && (length === Infinity || length === 0);
}

function isSdkSpan(span: Span): span is SdkSpan {
  if (!('_spanLimits' in span && '_attributesCount' in span && 'attributes' in span)) return false;
  const { _spanLimits: limits, attributes }: { readonly _spanLimits: unknown; readonly attributes: unknown } = span;
  return typeof limits === 'object' && limits !== null && typeof attributes === 'object' && attributes !== null;
}

function countOf(attributes: Attributes): number {
  let count = 0;
  for (const _ in attributes) count += 1;
  return count;
}
