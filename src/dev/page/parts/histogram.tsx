/** Bars of equal width, one a bucket; the last one has no upper bound. What it shows is said as text. */
export function Histogram({
  bounds,
  counts,
  format,
}: {
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
  format(bound: number): string;
}) {
  const most = counts.reduce((largest, count) => Math.max(largest, count), 1);
  const first = counts.findIndex((count) => count > 0);
  const last = counts.findLastIndex((count) => count > 0);
  const range = (at: number) =>
    at < bounds.length ? `up to ${format(bounds[at] ?? 0)}` : `over ${format(bounds.at(-1) ?? 0)}`;
  const text = counts.flatMap((count, at) => (count > 0 ? `${count} ${range(at)}` : [])).join(', ');
  if (first < 0) return <span class="muted">no values</span>;
  return (
    <span class="histogram" role="img" aria-label={text} title={text}>
      {counts.slice(Math.max(0, first - 1), last + 2).map((count, at) => (
        <i key={at} style={{ height: `${Math.max(count > 0 ? 6 : 1, (count / most) * 100)}%` }} />
      ))}
    </span>
  );
}
