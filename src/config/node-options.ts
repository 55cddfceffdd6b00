/** One word or two of a command line of Node that loads a module before the app. */
export interface Preload {
  readonly flag: string;
  /** A path, a URL or the name of a package. */
  readonly specifier: string;
  /** Where it stands among the words, and how many they are. */
  readonly at: number;
  readonly words: 1 | 2;
}

const FLAG = /^(--import|--require|-r|--loader|--experimental-loader)(?:=(.*))?$/s;

/** Splits NODE_OPTIONS as Node does: spaces separate, double quotes keep together, a backslash in them takes the next as it is. */
export function readNodeOptions(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quoted = false;
  for (let i = 0; i < text.length; i += 1) {
    const char = text[i];
    if (char === '"') {
      quoted = !quoted;
      word ??= '';
    } else if (char === ' ' && !quoted) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      if (char === '\\' && quoted) i += 1;
      word = (word ?? '') + (text[i] ?? '');
    }
  }
  if (word !== undefined) words.push(word);
  return words;
}

/** The text that Node splits into these words. */
export function writeNodeOptions(words: readonly string[]): string {
  return words.map((word) => (/[ "]/.test(word) ? `"${word.replace(/[\\"]/g, '\\$&')}"` : word)).join(' ');
}

export function preloadsIn(words: readonly string[]): Preload[] {
  return words.flatMap((word, at): Preload[] => {
    const [, flag, inline] = FLAG.exec(word) ?? [];
    const specifier = inline ?? words[at + 1];
    return flag && specifier ? [{ flag, specifier, at, words: inline === undefined ? 2 : 1 }] : [];
  });
}

/** The words without those preloads. */
export function withoutPreloads(words: readonly string[], preloads: readonly Preload[]): string[] {
  const gone = new Set(preloads.flatMap(({ at, words }) => (words === 2 ? [at, at + 1] : [at])));
  return words.filter((_, at) => !gone.has(at));
}
