import type { Buckets } from './model.js';
import { MalformedRequest, readBigInt, readDouble, readList, readMessage } from './scalars.js';

type Message = Readonly<Record<string, unknown>>;

/** Beyond, an exponential scale has no bounds that a number can carry. */
const SCALES = { least: -10, most: 20 };

/** The buckets of a histogram's point; those of an exponential one as explicit bounds. Undefined where it has none. */
export function readBuckets(point: Message, kind: string): Buckets | undefined {
  if (kind === 'histogram') return explicit(point);
  return kind === 'exponentialHistogram' ? exponential(point) : undefined;
}

function explicit(point: Message): Buckets | undefined {
  const counts = readList(point.bucketCounts, 'bucketCounts').map((count) => Number(readBigInt(count, 'bucketCounts')));
  const bounds = readList(point.explicitBounds, 'explicitBounds').map((bound) => readDouble(bound, 'explicitBounds'));
  if (counts.length === 0) return undefined;
  if (counts.length !== bounds.length + 1)
    throw new MalformedRequest('bucketCounts must be one more than explicitBounds');
  return { bounds, counts };
}

/** From the least: negative values, about zero, positive ones. */
function exponential(point: Message): Buckets {
  const scale = Number(readBigInt(point.scale, 'scale'));
  if (scale < SCALES.least || scale > SCALES.most) throw new MalformedRequest('scale is out of range');
  const base = 2 ** (2 ** -scale);
  const positive = sideOf(point.positive, 'positive');
  const negative = sideOf(point.negative, 'negative');
  const edge = (side: Side, at: number) => base ** (side.offset + at);
  const zero = Number(readBigInt(point.zeroCount, 'zeroCount'));
  // Lists that are spread into a list, and not into the arguments of a call: a sender may have as many as it likes.
  const below = negative.counts.map((_, at) => -edge(negative, at + 1)).toReversed();
  const above = positive.counts.map((_, at) => edge(positive, at + 1));
  const bounds = [
    ...(below.length > 0 ? [...below, -edge(negative, 0)] : []),
    ...(above.length > 0 ? [edge(positive, 0), ...above] : []),
  ];
  const counts = [
    ...(below.length > 0 ? [0, ...negative.counts.toReversed()] : []),
    zero,
    ...(above.length > 0 ? [...positive.counts, 0] : []),
  ];
  return { bounds, counts };
}

interface Side {
  readonly offset: number;
  readonly counts: readonly number[];
}

function sideOf(value: unknown, field: string): Side {
  const side = readMessage(value, field);
  const counts = readList(side.bucketCounts, `${field}.bucketCounts`).map((count) => Number(readBigInt(count, field)));
  return { offset: Number(readBigInt(side.offset, `${field}.offset`)), counts };
}
