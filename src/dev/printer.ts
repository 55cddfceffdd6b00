import type { Writable } from 'node:stream';

/** Of a reader that does not read, in bytes. */
const MAX_UNREAD = 4 << 20;

/** Lines to a stream; those of one turn of the event loop are one write: at thousands a second each would be felt. */
interface Printer {
  print(line: string): void;
  /** Writes what waits for the end of the turn, now. */
  flush(): void;
  /** Lines that were left out, because nobody reads. */
  unread(): number;
}

export function createPrinter(to: Writable): Printer {
  let waiting = '';
  let unread = 0;
  const flush = () => {
    if (waiting !== '') to.write(waiting);
    waiting = '';
  };
  return {
    print: (line) => {
      if (to.writableLength + waiting.length > MAX_UNREAD) {
        unread += 1;
        return;
      }
      if (waiting === '') setImmediate(flush);
      waiting += `${line}\n`;
    },
    flush,
    unread: () => unread,
  };
}
