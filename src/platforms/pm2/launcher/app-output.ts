import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { KfError, toKfError } from '../../../contract/errors.js';
import { createLog, type Log, type LogOptions } from '../../../contract/log.js';
import { eventLog } from '../../../contract/log-events.js';
import { codeOf, messageOf } from '../../../contract/system-error.js';
import { visibleLine } from '../../../contract/visible.js';
import { streamOf } from '../../../run/log-output.js';
import { openStdStream, type StdStream } from '../../../run/std-stream.js';
import { type LogFile, openLogFile } from '../../../system/log-file.js';
import type { Launch } from '../ecosystem/pm2-field.js';
import type { User } from './as-user.js';
import { formatDate } from './dates.js';
import { openOwn } from './own-file.js';

/** How much of a line without an end is kept, in characters. */
const LONGEST = 1_048_576;

/** Passes the output of one app on, line by line. Nothing that a file or a reader does ends it. */
export interface AppOutput {
  follow(stream: Readable, kind: 'out' | 'err'): void;
  /** Opens its files anew and returns their names; undefined when there are none. */
  reopen(): string | undefined;
  /** Writes what is left, as far as it can be written. */
  close(): void;
}

/** Our own two streams, and what is said of this process on the second. */
export interface OwnStreams {
  readonly out: StdStream;
  readonly err: StdStream;
  readonly log: Log;
  /** The line that stands where others are missing. */
  gap(lines: number, why: string): string;
}

/** @param form how our own lines look */
export function openOwnStreams(form: Pick<LogOptions, 'format' | 'level' | 'color'>): OwnStreams {
  const ours = { ...form, label: 'kf-cluster' };
  const gap = (lines: number, why: string) => {
    let text = '';
    const keep = (line: string) => {
      text = line;
    };
    const log = createLog({ ...ours, color: false, sink: keep });
    eventLog(log, 'lines-missing', { lines }).warn(`${lines} lines are missing here: ${why}`);
    return text;
  };
  const parts = { gap: (lines: number) => gap(lines, 'nobody read them'), timer };
  const err = openStdStream(2, parts);
  return { out: openStdStream(1, parts), err, log: createLog({ ...ours, sink: err.write }), gap };
}

/**
 * To the files of `launch` or to our own streams, in the form `launch` asks for.
 *
 * @param prefix stands in front of each line on our own streams
 */
export function openAppOutput(name: string, launch: Launch, prefix: string, streams: OwnStreams): AppOutput {
  const files = new Map<string, LogFile | undefined>();
  const open = (path: string): LogFile | undefined => {
    if (!files.has(path)) files.set(path, appendTo(path, launch, streams));
    return files.get(path);
  };
  const targetOf = (kind: 'out' | 'err'): ((line: string) => void) => {
    const path = launch[kind];
    if (path === null) return () => undefined;
    const own = streamOf(path);
    if (own !== undefined) return (own === 1 ? streams.out : streams.err).write;
    const file = path === undefined ? undefined : open(path);
    if (file) return file.write;
    const stream = streams[kind];
    if (!stream.isTerminal) return (line) => stream.write(`${prefix}${line}`);
    return (line) => stream.write(`${prefix}${visibleLine(line.slice(0, -1))}\n`);
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
    reopen: () => {
      for (const file of files.values()) {
        try {
          file?.reopen();
        } catch (error) {
          const { message, why, fix } = toKfError(error);
          streams.log.error(message, { why, fix });
        }
      }
      const opened = [...files].flatMap(([path, file]) => (file ? [path] : []));
      return opened.length === 0 ? undefined : opened.join(', ');
    },
    close: () => {
      for (const file of files.values()) file?.retry();
    },
  };
}

/** Undefined, and said, where it cannot be opened: the output then goes to our own streams. */
function appendTo(
  path: string,
  user: User & Pick<Launch, 'logMaxSize'>,
  { log, gap }: OwnStreams,
): LogFile | undefined {
  const parts = {
    path,
    maxSize: user.logMaxSize,
    gap,
    open: () => openOwn(path, 'append', user),
    onProblem: (problem: string) => log.error(`${problem}; the app runs on, and this is tried again`),
    onMended: (lines: number) => log.info(`${path} is written again`, { dropped_lines: lines }),
    now: () => performance.now(),
    timer,
  };
  return attempt(() => openLogFile(parts), path, log);
}

/** What cannot be done with a file of an app is said, and ends nothing. */
export function attempt<T>(act: () => T, path: string, log: Log): T | undefined {
  try {
    return act();
  } catch (error) {
    const why = error instanceof KfError ? error.why : messageOf(error);
    const code = codeOf(error instanceof KfError ? error.cause : error);
    eventLog(log, 'file-unwritable', { path, code }).error(`cannot write ${path}: ${why}`);
    return undefined;
  }
}

function timer(delay: number, callback: () => void): () => void {
  const armed = setTimeout(callback, delay).unref();
  return () => clearTimeout(armed);
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
    rest = lines.pop() ?? '';
    for (const line of lines) use(line);
    if (rest.length < LONGEST) return;
    use(rest);
    rest = '';
  });
  stream.on('end', () => {
    if (rest !== '') use(rest);
  });
}
