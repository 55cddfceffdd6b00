import { isRecord } from '../../../contract/record-guard.js';
import { fieldsOf } from '../format/wire.js';
import { shown } from './explain.js';
import type { Outcome } from './outcome.js';

/** The outcome in a protobuf Export*ServiceResponse: field 1 is the partial success, its 1 the count, its 2 why. */
export function acceptedProtobuf(response: Uint8Array): Outcome {
  const partial = fieldsOf(response)?.find((field) => field.number === 1 && field.wireType === 2);
  const fields = (partial && fieldsOf(partial.content)) ?? [];
  const rejected = countOf(fields.find((field) => field.number === 1)?.value);
  const message = shown(Buffer.from(fields.find((field) => field.number === 2)?.content ?? []).toString());
  return { type: 'accepted', rejected, message };
}

/** The same for JSON, where a 64-bit number is a string. A body that is no JSON is an acceptance like any other. */
export function acceptedJson(body: Uint8Array): Outcome {
  const partial = partialIn(body);
  const rejected = countOf(partial.rejectedSpans ?? partial.rejectedLogRecords ?? partial.rejectedDataPoints);
  return { type: 'accepted', rejected, message: shown(String(partial.errorMessage ?? '')) };
}

/** What is no count, or a negative one, would spoil the account for ever. */
function countOf(said: unknown): number {
  const count = Number(said);
  return Number.isSafeInteger(count) && count > 0 ? count : 0;
}

function partialIn(body: Uint8Array): Record<string, unknown> {
  try {
    const answer: unknown = JSON.parse(Buffer.from(body).toString());
    return isRecord(answer) && isRecord(answer.partialSuccess) ? answer.partialSuccess : {};
  } catch {
    // The status code said success; what the body says beyond it is optional.
    return {};
  }
}

/** Milliseconds of google.rpc.RetryInfo in a `grpc-status-details-bin` trailer; undefined if there is none. */
export function retryInfoMs(details: Uint8Array): number | undefined {
  for (const detail of fieldsOf(details) ?? []) {
    if (detail.number !== 3) continue;
    const any = fieldsOf(detail.content) ?? [];
    const type = Buffer.from(any.find((field) => field.number === 1)?.content ?? []).toString();
    if (!type.endsWith('/google.rpc.RetryInfo')) continue;
    const info = fieldsOf(any.find((field) => field.number === 2)?.content ?? new Uint8Array()) ?? [];
    const delay = fieldsOf(info.find((field) => field.number === 1)?.content ?? new Uint8Array()) ?? [];
    const part = (number: number) => delay.find((field) => field.number === number)?.value ?? 0;
    return part(1) * 1000 + part(2) / 1e6;
  }
  return undefined;
}
