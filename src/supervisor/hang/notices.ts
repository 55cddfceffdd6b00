/** What Node writes to stderr of a process whose inspector is opened, used and closed. */
const NOTICES =
  /^(?:Debugger (?:listening on|ending on) ws:.*|For help, see: https:\/\/nodejs\.org\/.*|Debugger attached\.|Waiting for the debugger to disconnect\.\.\.)\r?\n/gm;

/** Takes Node's words about its inspector out of a worker's stderr: it was opened by us, and nobody is to connect. */
export function withoutNotices(chunk: Buffer): Buffer {
  const text = chunk.toString('latin1');
  const rest = text.replace(NOTICES, '');
  return rest === text ? chunk : Buffer.from(rest, 'latin1');
}
