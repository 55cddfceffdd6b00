import { closeSync, openSync, readSync } from 'node:fs';

/** How much of a script is looked at, in bytes. A longer one is a bundle, with the code of others in it. */
const LONGEST = 128 * 1024;
/** The property of node:cluster, also where it is imported by its name, and what only a primary has. */
const ASKS = /\bisPrimary\b|\bisMaster\b|\bcluster\.fork\(/;
const COMMENT = /^\s*(\/\/|\/?\*)/;

/**
 * The line of an app's script that asks whether it is node:cluster's primary. It never is: what it does then, forking
 * included, is done by nobody. Read from the text, so that a worker's node:cluster stays as Node made it.
 */
export function primaryCodeLine(script: string): number | undefined {
  const text = beginning(script);
  if (text === undefined || !/['"](node:)?cluster['"]/.test(text) || text.includes('kf-cluster')) return undefined;
  const at = text.split('\n').findIndex((line) => ASKS.test(line) && !COMMENT.test(line) && !/^\s*import\b/.test(line));
  return at < 0 ? undefined : at + 1;
}

function beginning(script: string): string | undefined {
  const buffer = Buffer.alloc(LONGEST + 1);
  try {
    const fd = openSync(script, 'r');
    const length = readSync(fd, buffer);
    closeSync(fd);
    return length > LONGEST ? undefined : buffer.toString('utf8', 0, length);
  } catch {
    return undefined; // whoever runs it will say why it cannot be read
  }
}
