/** Splits `--node-args` as a shell would: spaces separate, quotes of both kinds keep together. */
export function splitArgs(text: string): string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let quote: string | undefined;
  for (const char of text) {
    if (quote !== undefined) {
      if (char === quote) quote = undefined;
      else word = (word ?? '') + char;
    } else if (char === '"' || char === "'") {
      quote = char;
      word ??= '';
    } else if (/\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      word = (word ?? '') + char;
    }
  }
  if (quote !== undefined) return undefined;
  if (word !== undefined) words.push(word);
  return words;
}

/** The text that `splitArgs` splits into these words. */
export function joinArgs(words: readonly string[]): string {
  return words.map((word) => (word === '' || /[\s"']/.test(word) ? quoted(word) : word)).join(' ');
}

/** A quote of one kind stands between those of the other. */
function quoted(word: string): string {
  return word.includes("'")
    ? word.replace(/[^']+|'+/g, (part) => (part[0] === "'" ? `"${part}"` : `'${part}'`))
    : `'${word}'`;
}
