type Environment = Readonly<Record<string, string | undefined>>;

/** Whether to colour what goes to a stream: NO_COLOR says no, FORCE_COLOR yes, else only a terminal that is not dumb gets colour. */
export function wantsColor(stream: { readonly isTTY?: boolean }, env: Environment): boolean {
  if (env.NO_COLOR) return false;
  const force = env.FORCE_COLOR;
  if (force !== undefined) return force !== '0' && force !== 'false';
  return stream.isTTY === true && env.TERM !== 'dumb';
}

const PAINT = { red: 31, green: 32, yellow: 33, dim: 90 } as const;
export type Color = keyof typeof PAINT;

export function paint(text: string, color: Color, enabled: boolean): string {
  return enabled ? `\u001b[${PAINT[color]}m${text}\u001b[0m` : text;
}
