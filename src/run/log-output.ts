import { fstatSync, statSync } from 'node:fs';
import type { Config } from '../config/types.js';
import { localTime } from '../contract/local-time.js';
import { createLog, type Log, type LogOptions } from '../contract/log.js';
import { eventLog } from '../contract/log-events.js';
import type { Dropped, OutputState } from '../contract/output-state.js';
import type { StdoutElsewhere } from '../contract/stdout-elsewhere.js';
import { visibleLine } from '../contract/visible.js';
import type { OutputForm, OutputSink } from '../supervisor/worker-output.js';
import { type LogFile, openLogFile } from '../system/log-file.js';
import { createRing, type Ring } from './log-ring.js';
import { notifyStarter } from './starter.js';
import { openStdStream, type StdStream } from './std-stream.js';

/** Where everything that this cluster says goes, and the last of it. */
export interface LogOutput {
  readonly log: Log;
  readonly sink: OutputSink;
  readonly ring: Ring;
  /** Whether stdout of the workers comes through the primary. */
  readonly pipeStdout: boolean;
  /** How lines of the workers look. */
  readonly form: OutputForm;
  /** Text of our own that is no line of the log. */
  say(text: string): void;
  state(): OutputState;
  /** Opens the log file anew and returns its path; undefined when there is none. @throws KfError LOG_FILE */
  reopen(): string | undefined;
  readonly stdoutElsewhere?: StdoutElsewhere | undefined;
  /** The files that another process writes for this one, opened anew by it; undefined when there are none. */
  readonly reopenElsewhere?: (() => Promise<string | undefined>) | undefined;
  /** What is held back for a log file that cannot be written. */
  unwritten(): string;
}

/** Names of our own streams, which cannot always be opened by them: a socket has no name. */
const STREAMS = new Map<string, 1 | 2>([
  ['-', 1],
  ['/dev/stdout', 1],
  ['/dev/fd/1', 1],
  ['/proc/self/fd/1', 1],
  ['/dev/stderr', 2],
  ['/dev/fd/2', 2],
  ['/proc/self/fd/2', 2],
]);

/** Which of our own streams a log file is, if it is one. */
export function streamOf(logFile: string | undefined): 1 | 2 | undefined {
  return logFile === undefined ? undefined : STREAMS.get(logFile);
}

/** @throws KfError LOG_FILE */
export function openLogOutput(config: Config): LogOutput {
  const ring = createRing();
  const target = openTarget(config, ring);
  const { out, err, file } = target;
  const stamped = config.logTime === 'always' || (config.logTime === 'auto' && file !== undefined);
  const stamp = stamped ? () => `${localTime(Date.now())} ` : () => '';
  const ownStamp = config.logFormat === 'json' ? () => '' : stamp;
  const log = createLog({
    ...ourLines(config, config.color && !file),
    sink: (line) => {
      ring.own(line);
      err.write(ownStamp() + line);
    },
  });
  const marked = file !== undefined || target.merged || out.isTerminal;
  return {
    log,
    sink: { out: out.write, err: err.write },
    ring,
    pipeStdout: marked,
    form: (slot, stream) => {
      const { isTerminal } = stream === 'stdout' ? out : err;
      if (!(marked || isTerminal)) return undefined;
      return { front: () => `${stamp()}${slot} | `, show: isTerminal ? visibleLine : (text) => text };
    },
    say: (text) => err.write(text.replace(/^/gm, (_, at: number) => (at < text.length ? stamp() : ''))),
    state: () => ({ file: config.logFile, problem: file?.problem(), dropped: sum(target.dropped(), ring.missed()) }),
    reopen: () => {
      file?.reopen();
      return config.logFile;
    },
    unwritten: () => file?.waiting() ?? '',
  };
}

interface Target {
  readonly out: Pick<StdStream, 'write' | 'isTerminal'>;
  readonly err: Pick<StdStream, 'write' | 'isTerminal'>;
  readonly file: LogFile | undefined;
  /** Whether both are one. */
  readonly merged: boolean;
  dropped(): Dropped;
}

function openTarget(config: Config, ring: Ring): Target {
  const gap = gapIn(config);
  const stream = streamOf(config.logFile);
  if (config.logFile === undefined || stream !== undefined) {
    const open = (fd: 1 | 2) => openStdStream(fd, { gap: (lines) => gap(lines, 'nobody read them'), timer });
    const out = open(stream ?? 1);
    const err = stream === undefined ? open(2) : out;
    const dropped = () => (err === out ? out.dropped() : sum(out.dropped(), err.dropped()));
    return { out, err, file: undefined, merged: stream !== undefined, dropped };
  }
  const path = config.logFile;
  const stderr = openStdStream(2, { gap: (lines) => gap(lines, 'nobody read them'), timer });
  const aside = createLog({
    ...ourLines(config, config.color),
    sink: (line) => {
      ring.own(line);
      if (!isStderr(path)) stderr.write(line);
      notifyStarter(line);
    },
  });
  const file = openLogFile({
    path,
    maxSize: config.logMaxSize,
    gap,
    onProblem: (problem) => aside.error(`${problem}; the service runs on, and this is tried again`),
    onMended: (lines) => aside.info(`${path} is written again`, { dropped_lines: lines }),
    now: () => performance.now(),
    timer,
  });
  process.once('exit', file.retry);
  const both = { write: file.write, isTerminal: false };
  return { out: both, err: both, file, merged: true, dropped: () => sum(file.dropped(), stderr.dropped()) };
}

/** The line that stands where others are missing. */
function gapIn(config: Config): (lines: number, why: string) => string {
  const stamped = config.logFormat === 'pretty' && config.logFile !== undefined && config.logTime !== 'never';
  return (lines, why) => {
    const text: string[] = [];
    const log = createLog({ ...ourLines(config, false), sink: (line) => void text.push(line) });
    eventLog(log, 'lines-missing', { lines }).warn(`${lines} lines are missing here: ${why}`);
    return `${stamped && text.length > 0 ? `${localTime(Date.now())} ` : ''}${text.join('')}`;
  };
}

function timer(delay: number, callback: () => void): () => void {
  const armed = setTimeout(callback, delay).unref(); // it keeps no primary from its end
  return () => clearTimeout(armed);
}

function ourLines({ logFormat, logLevel }: Config, color: boolean): Omit<LogOptions, 'sink'> {
  return { format: logFormat, level: logLevel, label: 'kf-cluster', color };
}

function sum(one: Dropped, other: Dropped): Dropped {
  return { lines: one.lines + other.lines, bytes: one.bytes + other.bytes };
}

/** Whether what is said there would go to that very file, as with --daemon. */
function isStderr(path: string): boolean {
  try {
    const [there, here] = [statSync(path), fstatSync(2)];
    return there.ino === here.ino && there.dev === here.dev;
  } catch {
    return false;
  }
}
