import type { Signal } from './decode.js';
import { messageType } from './otlp-schema.js';

/** An Export*ServiceResponse in protobuf; without rejected items or a message it is empty, as the standard asks. */
export function responseBytes(rejected: number, message: string): Buffer {
  const partialSuccess = rejected > 0 || message !== '' ? { rejected, errorMessage: message } : undefined;
  return encode('ExportServiceResponse', partialSuccess === undefined ? {} : { partialSuccess });
}

/** The same in JSON, where the counted field is named after the signal. */
export function responseJson(signal: Signal, rejected: number, message: string): string {
  if (rejected === 0 && message === '') return '{}';
  const field = { traces: 'rejectedSpans', metrics: 'rejectedDataPoints', logs: 'rejectedLogRecords' }[signal];
  return JSON.stringify({ partialSuccess: { [field]: String(rejected), errorMessage: message } });
}

/** A google.rpc.Status, with a RetryInfo when there is a delay. */
export function statusBytes(code: number, message: string, retryAfterMs?: number): Buffer {
  return encode('Status', { code, message, details: retryAfterMs === undefined ? [] : [retryInfo(retryAfterMs)] });
}

export function statusJson(code: number, message: string): string {
  return JSON.stringify({ code, message });
}

function retryInfo(ms: number): object {
  const retryDelay = { seconds: Math.floor(ms / 1000), nanos: Math.round((ms % 1000) * 1e6) };
  return { typeUrl: 'type.googleapis.com/google.rpc.RetryInfo', value: encode('RetryInfo', { retryDelay }) };
}

function encode(name: 'ExportServiceResponse' | 'Status' | 'RetryInfo', content: object): Buffer {
  const type = messageType(name);
  return Buffer.from(type.encode(type.fromObject(content)).finish());
}
