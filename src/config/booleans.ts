const WORDS: Readonly<Record<string, boolean>> = {
  true: true,
  1: true,
  yes: true,
  on: true,
  false: false,
  0: false,
  no: false,
  off: false,
};

/** In any case; undefined for any other word. */
export function parseBoolean(raw: unknown): boolean | undefined {
  return WORDS[String(raw).toLowerCase()];
}
