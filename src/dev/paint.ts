/** Whether to colour what goes to `stream`: NO_COLOR, then FORCE_COLOR, then whether it is a terminal. */
export function wantsColor(env: NodeJS.ProcessEnv, stream: { readonly isTTY?: boolean }): boolean {
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR !== undefined) return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false';
  return stream.isTTY === true;
}

const PAINT = { red: 31, green: 32, dim: 90 } as const;

export function paint(text: string, color: keyof typeof PAINT, enabled: boolean): string {
  return enabled ? `\u001b[${PAINT[color]}m${text}\u001b[0m` : text;
}
