/**
 * What is patched: single functions of Node, each where it is used. Why a Proxy: name, length and own properties are those
 * of the original, whichever Node it is; only its source text is not. Which Node versions: all.
 */
export function standIn<F extends (...args: never[]) => unknown, Self>(
  original: F,
  call: (self: Self, args: Parameters<F>) => unknown,
): F {
  return new Proxy(original, { apply: (_original, self, args: Parameters<F>) => call(self, args) });
}
