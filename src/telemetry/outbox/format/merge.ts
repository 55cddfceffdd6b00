import type { Head } from './encode/head.js';
import type { Part } from './part.js';
import type { Encoding } from './record.js';
import { prefix } from './wire.js';

/**
 * One request out of several parts of the same signal and encoding, in pieces, without decoding any of them: whole
 * protobuf requests concatenate into a valid one; JSON ones are arrays under one key, whose insides are joined by
 * commas; items with the same head go below it together.
 */
export function mergeParts(parts: readonly Part[], encoding: Encoding): readonly Uint8Array[] {
  return encoding === 'json' ? mergeJson(parts) : mergeProtobuf(parts);
}

function mergeProtobuf(parts: readonly Part[]): readonly Uint8Array[] {
  const [first, ...others] = parts;
  if (first && others.length === 0) return first.head ? resourceGroup([[first.head, [first.bytes]]]) : [first.bytes];
  const merged: Uint8Array[] = [];
  const resources = new Map<Uint8Array, Map<Head, Uint8Array[]>>();
  for (const { head, bytes } of parts) {
    if (!head) {
      merged.push(bytes);
      continue;
    }
    const scopes = resources.get(head.resource) ?? new Map<Head, Uint8Array[]>();
    resources.set(head.resource, scopes);
    const items = scopes.get(head);
    if (items) items.push(bytes);
    else scopes.set(head, [bytes]);
  }
  // Not spread into a call, which takes some 120,000 arguments at most.
  for (const scopes of resources.values()) for (const piece of resourceGroup([...scopes])) merged.push(piece);
  return merged;
}

/** ResourceSpans: its field 2 is a scope's group, whose field 2 are the items. */
function resourceGroup(scopes: readonly (readonly [Head, readonly Uint8Array[]])[]): Uint8Array[] {
  const inside: Uint8Array[] = [];
  let size = 0;
  for (const [{ scope }, items] of scopes) {
    const content = scope.length + sizeOf(items);
    const front = prefix(2, content);
    size += front.length + content;
    inside.push(front, scope);
    for (const item of items) inside.push(item);
  }
  const { resource } = scopes[0]![0];
  return [prefix(1, resource.length + size), resource, ...inside];
}

function mergeJson(parts: readonly Part[]): readonly Uint8Array[] {
  if (parts.length === 1) return [parts[0]!.bytes];
  const merged: Uint8Array[] = [];
  for (const [index, { bytes }] of parts.entries()) {
    const inside = bytes.indexOf(OPEN) + 1;
    merged.push(index === 0 ? bytes.subarray(0, inside) : COMMA, bytes.subarray(inside, bytes.length - 2));
  }
  merged.push(CLOSE);
  return merged;
}

const OPEN = '['.charCodeAt(0);
const COMMA = Buffer.from(',');
const CLOSE = Buffer.from(']}');

export function sizeOf(pieces: readonly Uint8Array[]): number {
  let size = 0;
  for (const piece of pieces) size += piece.length;
  return size;
}
