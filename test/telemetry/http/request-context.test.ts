import { createContextKey, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { getRPCMetadata, RPCType } from '@opentelemetry/core';
import test from 'ava';
import { RequestContext } from '../../../src/telemetry/http/request-context.js';

const OTHER = createContextKey('other');
const NEWER = createContextKey('newer');
const span = trace.wrapSpanContext({ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 });
const metadata = { type: RPCType.HTTP as const, span };
const context = new RequestContext(ROOT_CONTEXT.setValue(OTHER, 'of the parent'), span, metadata);

test('the api and its core find in the context of a request what they would have put there', (t) => {
  t.is(trace.getSpan(context), span);
  t.is(getRPCMetadata(context), metadata);
  t.is(context.getValue(OTHER), 'of the parent');
  t.is(context.getValue(NEWER), undefined);
});

test('a context that is made of it has all of it', (t) => {
  const newer = context.setValue(NEWER, 1);
  t.is(newer.getValue(NEWER), 1);
  t.is(trace.getSpan(newer), span);
  t.is(getRPCMetadata(newer), metadata);
  t.is(newer.getValue(OTHER), 'of the parent');
  t.is(context.getValue(NEWER), undefined, 'it stays as it was');
  t.is(trace.getSpan(trace.deleteSpan(newer)), undefined);
});

test('what is taken out of it is taken out of the one that is made, and of that alone', (t) => {
  const without = trace.deleteSpan(context);
  t.is(trace.getSpan(without), undefined);
  t.is(getRPCMetadata(without), metadata);
  t.is(trace.getSpan(context), span);
});
