import type { ChildProcess } from 'node:child_process';
import { isRecord } from '../../../contract/record-guard.js';
import type { KeptStdout, StdoutLine } from './kept-stdout.js';
import { LEAVE, LINES, READ } from './stdout-link.js';

/** The first has what is kept, each that follows what has come. */
interface Sent {
  readonly kept?: readonly StdoutLine[];
  readonly lines?: readonly StdoutLine[];
  readonly missed?: number;
}

type Send = (what: Sent, onSent: () => void) => void;

/** What waits for a supervisor that does not read, in bytes; the launcher keeps no more for one reader. */
const MOST_BEHIND = 1_048_576;

/** In the launcher: lets the supervisor read. It costs nothing as long as nobody asks. */
export function serveStdout(supervisor: ChildProcess, stdout: KeptStdout): void {
  const readers = new Map<unknown, () => void>();
  const leave = (id: unknown) => {
    readers.get(id)?.();
    readers.delete(id);
  };
  supervisor.on('message', (message) => {
    if (!isRecord(message)) return;
    if (LEAVE in message) leave(message[LEAVE]);
    const id = message[READ];
    if (id === undefined) return;
    const send: Send = (what, onSent) => supervisor.connected && supervisor.send({ [LINES]: id, ...what }, onSent);
    if (message.follow !== true) send({ kept: stdout.read().kept }, () => undefined);
    else readers.set(id, follow(stdout, send));
  });
  supervisor.once('disconnect', () => {
    for (const id of readers.keys()) leave(id);
  });
}

/** What a supervisor does not take in time is left out and counted: the app waits for no reader. */
function follow(stdout: KeptStdout, send: Send): () => void {
  const reader = stdout.read();
  let behind = 0;
  let missed = 0;
  const pass = (lines: readonly StdoutLine[], bytes: number) => {
    behind += bytes;
    const before = missed;
    missed = 0;
    send({ lines, missed: before }, () => {
      behind -= bytes;
      if (missed > 0 && behind === 0) pass([], 0);
    });
  };
  send({ kept: reader.kept }, () => undefined);
  return stdout.follow((piece) => {
    if (behind > MOST_BEHIND) missed += reader.skip(piece);
    else pass(reader.take(piece), piece.bytes.length);
  });
}
