/** Stands in front of the words of a program that Node does not run, with how many of them come before its script. */
const MARK = '--kf-cluster-run=';

interface Shown {
  readonly script: string;
  readonly args: readonly string[];
  /** What runs the script, where that is not Node and not the script by itself. */
  readonly interpreter: string | undefined;
}

/** The arguments of the file that runs such a program as a worker (docs/adr/0027). */
export function programArgs(command: readonly string[], script: string, args: readonly string[]): string[] {
  return [`${MARK}${command.length}`, ...command, script, ...args];
}

/** The words of the program, of the arguments that `programArgs` made. */
export function programWords([, ...words]: readonly string[]): readonly string[] {
  return words;
}

/** What a worker runs, as its user wrote it: never our own file around another program. */
export function shownProgram({ script, args }: Pick<Shown, 'script' | 'args'>): Shown {
  const [mark, ...words] = args;
  if (mark === undefined || !mark.startsWith(MARK)) return { script, args, interpreter: undefined };
  const before = Number(mark.slice(MARK.length));
  const command = words.slice(0, before).join(' ');
  return {
    script: words[before] ?? script,
    args: words.slice(before + 1),
    interpreter: command === '' ? undefined : command,
  };
}
