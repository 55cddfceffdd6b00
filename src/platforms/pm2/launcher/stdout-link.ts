import type { LogLine } from '../../../contract/control-protocol.js';
import { isRecord } from '../../../contract/record-guard.js';
import type { StdoutElsewhere, StdoutListener } from '../../../contract/stdout-elsewhere.js';
import type { StdoutLine } from './kept-stdout.js';

/** From a supervisor to the launcher that reads its workers' stdout: a new reader, or the end of one. */
export const READ = 'kf-cluster:read-stdout';
export const LEAVE = 'kf-cluster:leave-stdout';
/** From the launcher: what one reader is to have. */
export const LINES = 'kf-cluster:stdout';

/** How long the launcher may take to answer, in milliseconds. One that is stopped (Ctrl-Z) does not. */
const PATIENCE = 500;

/** In the supervisor. */
export function createStdoutLink(): StdoutElsewhere {
  const readers = new Map<unknown, LinkedReader>();
  const onMessage = (message: unknown) => {
    if (isRecord(message)) readers.get(message[LINES])?.take(message);
  };
  let lastId = 0;
  return (follow, listener) => {
    lastId += 1;
    const id = lastId;
    const reader = new LinkedReader(listener);
    if (readers.size === 0) process.on('message', onMessage);
    readers.set(id, reader);
    say({ [READ]: id, follow });
    return () => {
      reader.end();
      if (!readers.delete(id)) return;
      say({ [LEAVE]: id });
      if (readers.size === 0) process.off('message', onMessage);
    };
  };
}

function say(message: object): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}

/** One reader of a launcher, which may answer late, or not at all. */
class LinkedReader {
  readonly #listener: StdoutListener;
  readonly #late: NodeJS.Timeout;
  #isBegun = false;

  constructor(listener: StdoutListener) {
    this.#listener = listener;
    this.#late = setTimeout(() => this.#begin(undefined), PATIENCE);
  }

  take({ kept, lines, missed }: Record<string, unknown>): void {
    if (kept !== undefined) this.#begin(linesOf(kept));
    else this.#listener.onLines(linesOf(lines), Number(missed));
  }

  end(): void {
    clearTimeout(this.#late);
  }

  #begin(lines: readonly LogLine[] | undefined): void {
    this.end();
    if (this.#isBegun) return;
    this.#isBegun = true;
    this.#listener.onKept(lines);
  }
}

function linesOf(sent: unknown): LogLine[] {
  const lines: readonly StdoutLine[] = Array.isArray(sent) ? sent : [];
  return lines.map(([at, text]) => ({ seq: undefined, at, slot: undefined, stream: 'stdout', text }));
}
