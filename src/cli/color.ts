type Environment = Readonly<Record<string, string | undefined>>;

/** Whether to colour what goes to a stream: NO_COLOR says no, FORCE_COLOR yes, else only a terminal gets colour. */
export function wantsColor(stream: { readonly isTTY?: boolean }, env: Environment): boolean {
  if (env.NO_COLOR) return false;
  const force = env.FORCE_COLOR;
  if (force !== undefined) return force !== '0' && force !== 'false';
  return stream.isTTY === true && env.TERM !== 'dumb';
}
