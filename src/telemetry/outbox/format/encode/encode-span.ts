import type { HrTime, Link, SpanContext, SpanStatus } from '@opentelemetry/api';
import type { ReadableSpan, TimedEvent } from '@opentelemetry/sdk-trace-node';
import { writeAttributes } from './encode-attributes.js';
import type { RepeatedAttributes } from './repeated-attributes.js';
import type { Writer } from './writer.js';

/**
 * One ended span as an opentelemetry.proto.trace.v1.Span, in the field `spans` of a ScopeSpans. Throws what a getter of
 * the span or of an attribute throws; `repeated` is to forget all then. It belongs to this buffer and to spans that are alike.
 */
export function writeSpan(writer: Writer, span: ReadableSpan, repeated: RepeatedAttributes): void {
  const own = span.spanContext();
  const parent = span.parentSpanContext;
  const start = writer.beginLong(0x12);
  writeContext(writer, own);
  if (parent?.spanId) writer.id(0x22, parent.spanId);
  writer.text(0x2a, span.name);
  writer.reserve(22);
  if (span.kind != null) {
    // OTLP has a value for unset in front, which the API has not.
    writer.byte(0x30);
    writer.varint(span.kind + 1);
  }
  writeTime(writer, 0x39, span.startTime);
  writeTime(writer, 0x41, span.endTime);
  repeated.write(writer, 0x4a, span.attributes);
  writeCount(writer, 0x50, span.droppedAttributesCount);
  for (const event of span.events) writeEvent(writer, event);
  writeCount(writer, 0x60, span.droppedEventsCount);
  for (const link of span.links) writeLink(writer, link);
  writeCount(writer, 0x70, span.droppedLinksCount);
  writeStatus(writer, span.status);
  writer.reserve(6);
  writer.byte(0x85);
  writer.byte(0x01);
  writer.fixed32(flagsOf(own.traceFlags, parent?.isRemote));
  if (!writer.endLong(start)) repeated.forget();
}

function writeEvent(writer: Writer, event: TimedEvent): void {
  const start = writer.begin(0x5a);
  writer.reserve(9);
  writeTime(writer, 0x09, event.time);
  writer.text(0x12, event.name);
  if (event.attributes) writeAttributes(writer, 0x1a, event.attributes);
  writeCount(writer, 0x20, event.droppedAttributesCount);
  writer.end(start);
}

function writeLink(writer: Writer, link: Link): void {
  const start = writer.begin(0x6a);
  writeContext(writer, link.context);
  if (link.attributes) writeAttributes(writer, 0x22, link.attributes);
  writeCount(writer, 0x28, link.droppedAttributesCount);
  writer.reserve(5);
  writer.byte(0x35);
  writer.fixed32(flagsOf(link.context.traceFlags, link.context.isRemote));
  writer.end(start);
}

function writeStatus(writer: Writer, { code, message }: SpanStatus): void {
  const start = writer.begin(0x7a);
  if (message) writer.text(0x12, message);
  writeCount(writer, 0x18, code);
  writer.end(start);
}

/** Trace id, span id and trace state have the same numbers in a span and in a link. */
function writeContext(writer: Writer, context: SpanContext): void {
  writer.id(0x0a, context.traceId);
  writer.id(0x12, context.spanId);
  const state = context.traceState?.serialize();
  if (state) writer.text(0x1a, state);
}

/** Needs 9 reserved bytes. */
function writeTime(writer: Writer, tag: number, time: HrTime): void {
  writer.byte(tag);
  writer.nanos(time[0], time[1]);
}

function writeCount(writer: Writer, tag: number, count: number | undefined): void {
  writer.reserve(11);
  writer.byte(tag);
  writer.varint(count ?? 0);
}

const HAS_IS_REMOTE = 0x100;
const IS_REMOTE = 0x200;

function flagsOf(traceFlags: number, isRemote: boolean | undefined): number {
  return (traceFlags & 0xff) | HAS_IS_REMOTE | (isRemote ? IS_REMOTE : 0);
}
