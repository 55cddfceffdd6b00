/** Values in a file, each use of an alias counted: no list of apps has more. */
const MOST = 100_000;

/** @throws what the parser throws, and an Error for a file whose aliases make a huge value out of a few lines. */
export async function parseYaml(text: string): Promise<unknown> {
  const content = (await import('js-yaml')).load(text);
  // Aliases share what they name: nothing is large until somebody goes through it.
  if (countUpTo(content, MOST) >= MOST) throw new Error(`its aliases make more than ${MOST} values of it`);
  return content;
}

function countUpTo(value: unknown, most: number): number {
  let count = 1;
  if (typeof value !== 'object' || value === null) return count;
  for (const inner of Object.values(value)) {
    if (count >= most) return count;
    count += countUpTo(inner, most - count);
  }
  return count;
}
