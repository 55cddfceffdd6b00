import type { Encoded } from '../../exporter.js';
import type { Part } from '../part.js';
import type { Signal } from '../record.js';
import { asJson } from './json.js';

/** A serializer of the SDK, which makes a whole request of a batch; where it throws, of each item of it. */
export function wholeRequest<Batch>(
  serialize: (batch: Batch) => Uint8Array | undefined,
  count: (batch: Batch) => number,
  divide: (batch: Batch) => readonly Batch[],
): (batch: Batch) => Encoded {
  const partOf = (batch: Batch): Part => {
    const bytes = serialize(batch);
    if (!bytes || bytes.length === 0) throw new Error('it serializes to nothing');
    return { bytes, items: count(batch) };
  };
  return (batch) => {
    try {
      return { parts: [partOf(batch)], failed: 0, error: undefined };
    } catch {
      // One of them, which is reported below, must not fail the others.
      return eachAlone(divide(batch), partOf);
    }
  };
}

function eachAlone<Batch>(items: readonly Batch[], partOf: (item: Batch) => Part): Encoded {
  const parts: Part[] = [];
  let failed = 0;
  let last: unknown;
  for (const item of items) {
    try {
      parts.push(partOf(item));
    } catch (error) {
      failed++;
      last = error;
    }
  }
  return { parts, failed, error: last };
}

/** The same batches as one request in JSON. */
export function inJson<Batch>(signal: Signal, encode: (batch: Batch) => Encoded): (batch: Batch) => Encoded {
  return (batch) => {
    const encoded = encode(batch);
    return encoded.parts.length === 0 ? encoded : { ...encoded, parts: [asJson(encoded.parts, signal)] };
  };
}
