import type { IncomingMessage } from 'node:http';
import { HttpRefusal } from './http-refusal.js';

/** Of a session that is imported, in bytes. */
const MOST = 64 << 20;
/** One is read at a time: what it takes is not multiplied. */
let busy = false;

/** @throws HttpRefusal */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  if (busy) throw new HttpRefusal(503, 'another session is being imported', 'Try again when that is done.');
  busy = true;
  try {
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      size += (chunk as Buffer).length;
      if (size > MOST) throw new HttpRefusal(413, `the session is larger than ${MOST} bytes`, 'Export a smaller one.');
      chunks.push(chunk as Buffer);
    }
    return Buffer.concat(chunks, size);
  } finally {
    busy = false;
  }
}
