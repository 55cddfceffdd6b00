import { isRecord } from '../../../contract/record-guard.js';

/** An object in a request of OTLP/JSON. */
export type Json = Record<string, unknown>;

/** A request of OTLP/JSON; empty when it is no object. @throws SyntaxError when it is no JSON */
export function recordIn(request: Uint8Array): Json {
  const parsed: unknown = JSON.parse(Buffer.from(request).toString());
  return isRecord(parsed) ? parsed : {};
}

/** The objects in that list of it. */
export function listIn(json: Json, name: string): Json[] {
  const list = json[name];
  return Array.isArray(list) ? list.filter(isRecord) : [];
}
