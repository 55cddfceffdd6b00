import type { ClientRequest } from 'node:http';
import { MAX_ANSWER_BYTES } from './unpack-answer.js';

/** Status and headers of an answer, as far as they came. */
export interface AnswerHead {
  readonly statusCode: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * What came of an answer that node:http never hands on: its parser refuses it, for headers that are too long or written wrongly, or the
 * connection ends within them. The status may have come all the same, and then the collector has decided: to send the request again
 * would be to have it there twice, and for ever where each answer is like this one. Undefined while there is no whole status line.
 */
export function watchHead(request: ClientRequest): () => AnswerHead | undefined {
  const pieces: Buffer[] = [];
  let size = 0;
  request.on('socket', (socket) => {
    const keep = (piece: Buffer) => {
      if (size < MAX_ANSWER_BYTES) pieces.push(piece);
      size += piece.length;
    };
    // In front of the parser, which reports a failure within its own listener.
    socket.prependListener('data', keep);
    const over = () => socket.off('data', keep);
    request.once('response', over).once('close', over);
  });
  return () => readHead(Buffer.concat(pieces).subarray(0, MAX_ANSWER_BYTES).toString('latin1'));
}

/** One of 1xx: the answer is still to come. */
const INTERIM = /^(?:HTTP\/1\.[01] 1\d\d[ \r\n][\s\S]*?\r?\n\r?\n)+/;

function readHead(text: string): AnswerHead | undefined {
  const answer = text.replace(INTERIM, '');
  const status = /^HTTP\/1\.[01] ([2-5]\d\d)(?: [^\n]*)?\r?\n/.exec(answer)?.[1];
  if (status === undefined) return undefined;
  const [head = ''] = answer.split(/\r?\n\r?\n/);
  const [, ...lines] = head.split('\n');
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, Math.max(0, colon)).toLowerCase(), line.slice(colon + 1).trim()];
  });
  return { statusCode: Number(status), headers: Object.fromEntries(headers) };
}
