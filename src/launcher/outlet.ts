import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs';
import { dirname } from 'node:path';
import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import type { Launch } from '../config/pm2/field.js';
import { formatDate } from './dates.js';

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
  const files = new Map<string, WriteStream>();
  const open = (path: string) => {
    const file = files.get(path) ?? appendTo(path);
    files.set(path, file);
    return file;
  };
  const targetOf = (kind: 'out' | 'err'): ((line: string) => void) => {
    const path = launch[kind];
    if (path === null) return () => undefined;
    const stream = path === undefined ? (kind === 'out' ? process.stdout : process.stderr) : open(path);
    const front = path === undefined ? prefix : '';
    return (line) => void stream.write(`${front}${line}`);
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
      await Promise.all([...files.values()].map((file) => new Promise<void>((resolve) => file.end(resolve))));
    },
  };
}

function appendTo(path: string): WriteStream {
  mkdirSync(dirname(path), { recursive: true });
  const file = createWriteStream(path, { flags: 'a' });
  // A full disk ends no app: it is said once, where somebody may still read it.
  file.once('error', (error) => process.stderr.write(`[kf-cluster] error: cannot write ${path}: ${error.message}\n`));
  file.on('error', () => undefined);
  return file;
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
