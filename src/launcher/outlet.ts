import { createWriteStream, type WriteStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import type { Launch } from '../config/pm2/field.js';
import type { User } from './as-user.js';
import { formatDate } from './dates.js';
import { openOwn } from './own-file.js';

/** Passes the output of one app on, line by line. */
export interface Outlet {
  follow(stream: Readable, kind: 'out' | 'err'): void;
  /** Settles when the files hold everything. */
  close(): Promise<void>;
}

/**
 * To the files of `launch` or to our own streams, in the form `launch` asks for.
 *
 * @param prefix stands in front of each line on our own streams
 */
export function openOutlet(name: string, launch: Launch, prefix: string): Outlet {
  const files = new Map<string, WriteStream | undefined>();
  const open = (path: string) => {
    if (!files.has(path)) files.set(path, appendTo(path, launch));
    return files.get(path);
  };
  const targetOf = (kind: 'out' | 'err'): ((line: string) => void) => {
    const path = launch[kind];
    if (path === null) return () => undefined;
    const stream = OURS.get(path ?? '');
    if (stream) return (line) => void stream().write(line);
    const file = path === undefined ? undefined : open(path);
    if (file) return (line) => void file.write(line);
    const ours = kind === 'out' ? process.stdout : process.stderr;
    return (line) => void ours.write(`${prefix}${line}`);
  };
  return {
    follow: (stream, kind) => {
      const target = targetOf(kind);
      const combined = launch.combined === undefined ? undefined : open(launch.combined);
      eachLine(stream, (text) => {
        const line = dressed(text, kind, name, launch);
        target(line);
        combined?.write(line);
      });
    },
    close: async () => {
      const opened = [...files.values()].filter((file) => file !== undefined);
      await Promise.all(opened.map((file) => new Promise<void>((resolve) => file.end(resolve))));
    },
  };
}

/** Opened by their names these would be a pipe of ours, which another user may not open. */
const OURS = new Map<string, () => NodeJS.WritableStream>([
  ['/dev/stdout', () => process.stdout],
  ['/dev/stderr', () => process.stderr],
]);

/** Undefined, and said, where it cannot be opened: the output then goes to our own streams. */
function appendTo(path: string, user: User): WriteStream | undefined {
  const fd = attempt(() => openOwn(path, 'append', user), path);
  if (fd === undefined) return undefined;
  const file = createWriteStream(path, { fd });
  // A full disk ends no app: it is said once, where somebody may still read it.
  file.once('error', (error) => sayWhy(path, error));
  file.on('error', () => undefined);
  return file;
}

/** What cannot be done with a file of an app is said, and ends nothing. */
export function attempt<T>(act: () => T, path: string): T | undefined {
  try {
    return act();
  } catch (error) {
    sayWhy(path, error);
    return undefined;
  }
}

function sayWhy(path: string, error: unknown): void {
  const why = error instanceof Error ? error.message : String(error);
  process.stderr.write(`[kf-cluster] error: cannot write ${path}: ${why}\n`);
}

function dressed(text: string, kind: 'out' | 'err', name: string, { json, dateFormat }: Launch): string {
  const now = new Date();
  const date = dateFormat === undefined ? undefined : formatDate(now, dateFormat);
  if (json) {
    const line = { message: `${text}\n`, timestamp: date ?? now.toISOString(), type: kind, app_name: name };
    return `${JSON.stringify(line)}\n`;
  }
  return date === undefined ? `${text}\n` : `${date}: ${text}\n`;
}

function eachLine(stream: Readable, use: (line: string) => void): void {
  const decoder = new StringDecoder();
  let rest = '';
  stream.on('data', (chunk: Buffer) => {
    const lines = (rest + decoder.write(chunk)).split('\n');
    rest = lines.pop()!;
    for (const line of lines) use(line);
  });
  stream.on('end', () => {
    if (rest !== '') use(rest);
  });
}
