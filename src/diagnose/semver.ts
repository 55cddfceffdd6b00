type Triple = readonly [number, number, number];

/**
 * Whether a version is in a range of npm: comparators, `^`, `~`, `x`, hyphens and `||`. A pre-release counts as its release;
 * what is no version or no range is in nothing.
 */
export function inRange(version: string, range: string): boolean {
  const given = tripleOf(version);
  if (!given) return false;
  return range.split('||').some((part) => comparators(part).every((holds) => holds(given)));
}

/** Negative when `a` is the older one. */
function compare(a: Triple, b: Triple): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}

export function tripleOf(version: string): Triple | undefined {
  const [, major, minor, patch] = /^v?(\d+)\.(\d+)\.(\d+)/.exec(version.trim()) ?? [];
  return major === undefined ? undefined : [Number(major), Number(minor), Number(patch)];
}

type Comparator = (version: Triple) => boolean;

function comparators(part: string): Comparator[] {
  const text = part.trim().replace(/(>=|<=|[<>=^~])\s+/g, '$1');
  const [, low, high] = /^(\S+)\s+-\s+(\S+)$/.exec(text) ?? [];
  if (low !== undefined) return [...comparators(`>=${low}`), ...comparators(`<=${high}`)];
  if (text === '') return [() => true];
  return text.split(/\s+/).map(comparator);
}

/** A version of which parts may be open; a pre-release has all three. */
const RANGE = /^(\d+|[xX*])(\.(\d+|[xX*])(\.(\d+|[xX*])([-+][\w.+-]*)?)?)?$/;

function comparator(text: string): Comparator {
  const [, sign = '', rest = ''] = /^(>=|<=|[<>=^~])?v?(.*)$/.exec(text) ?? [];
  if (!RANGE.test(rest)) return () => false; // a tag, an address, a directory
  const [release = ''] = rest.split(/[-+]/);
  const parts = release.split('.').map((one) => (/^\d+$/.test(one) ? Number(one) : undefined));
  const [major, minor, patch] = parts;
  if (major === undefined) return () => true;
  const from: Triple = [major, minor ?? 0, patch ?? 0];
  // The first version that is no longer meant by as much as was written.
  const after: Triple =
    minor === undefined ? [major + 1, 0, 0] : patch === undefined ? [major, minor + 1, 0] : [major, minor, patch + 1];
  const within =
    (end: Triple): Comparator =>
    (one) =>
      compare(one, from) >= 0 && compare(one, end) < 0;
  switch (sign) {
    case '>':
      return (one) => compare(one, after) >= 0;
    case '>=':
      return (one) => compare(one, from) >= 0;
    case '<':
      return (one) => compare(one, from) < 0;
    case '<=':
      return (one) => compare(one, after) < 0;
    case '~':
      return within(minor === undefined ? [major + 1, 0, 0] : [major, minor + 1, 0]);
    case '^':
      return within(caretEnd(major, minor, patch));
    default:
      return within(after);
  }
}

/** Up to the next change of the leftmost digit that is not zero. */
function caretEnd(major: number, minor: number | undefined, patch: number | undefined): Triple {
  if (major > 0 || minor === undefined) return [major + 1, 0, 0];
  return minor > 0 || patch === undefined ? [0, minor + 1, 0] : [0, 0, patch + 1];
}
