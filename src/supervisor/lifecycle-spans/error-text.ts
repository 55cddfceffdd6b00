/** The most of an error that is put into a span, in characters. */
const KEPT = 4_096;

/** A line that begins an error: one of Node's own, or of ours. */
const HEAD = /^(Uncaught )?([\w$.]*(Error|Exception)\b|error [A-Z_]+:)/;

/**
 * The last error in what a worker wrote to stderr, with its stack. Nothing else of it: what an app logs is not ours to
 * send to a collector.
 */
export function errorIn(stderr: string): string | undefined {
  const lines = stderr.split('\n');
  const head = lines.findLastIndex((line) => HEAD.test(line));
  if (head < 0) return undefined;
  const rest = lines.slice(head + 1);
  const end = rest.findIndex((line) => !/^\s+\S/.test(line));
  return [lines[head], ...rest.slice(0, end < 0 ? undefined : end)].join('\n').slice(0, KEPT);
}
