/** Lines on stdout, each a JSON object with the worker's labels in front; written at the end of the turn. */
export interface Lines {
  add(value: Readonly<Record<string, unknown>>): void;
  /** Writes what waits, now. */
  print(): void;
  /** Resolves when all is written. */
  flushed(): Promise<void>;
}

export function jsonLines(labels: Readonly<Record<string, number>>): Lines {
  let waiting: string[] = [];
  const print = () => {
    if (waiting.length === 0) return;
    process.stdout.write(waiting.join(''));
    waiting = [];
  };
  return {
    add: (value) => {
      if (waiting.push(`${JSON.stringify({ ...labels, ...value }, plain)}\n`) === 1) setImmediate(print).unref();
    },
    print,
    flushed: async () => {
      print();
      await new Promise<void>((resolve) => process.stdout.write('', () => resolve()));
    },
  };
}

/** JSON has no bigint; an attribute that is one must not throw into whoever logged. */
function plain(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}
