import { inspect } from 'node:util';
import { ProtobufLogsSerializer } from '@opentelemetry/otlp-transformer';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';

/**
 * One export request. A body that cannot be encoded (it holds itself, or a getter of it throws) is sent as the text
 * that Node prints for it, because loggers are handed requests and errors. Throws what another part of a record throws.
 */
export function serializeLogs(records: readonly ReadableLogRecord[]): Uint8Array | undefined {
  const [only] = records;
  if (!only || records.length > 1 || typeof only.body !== 'object') return serialize([...records]);
  try {
    return serialize([only]);
  } catch {
    // If it was not the body, this throws the same.
    return serialize([withTextBody(only)]);
  }
}

const serialize = (records: ReadableLogRecord[]) => ProtobufLogsSerializer.serializeRequest(records);

function withTextBody(record: ReadableLogRecord): ReadableLogRecord {
  const { hrTime, hrTimeObserved, spanContext, severityText, severityNumber, eventName } = record;
  const { resource, instrumentationScope, attributes, droppedAttributesCount } = record;
  return {
    ...{ hrTime, hrTimeObserved, resource, instrumentationScope, attributes, droppedAttributesCount },
    ...(spanContext && { spanContext }),
    ...(severityText !== undefined && { severityText }),
    ...(severityNumber !== undefined && { severityNumber }),
    ...(eventName !== undefined && { eventName }),
    body: inspect(record.body),
  };
}
