import type { Config } from '../config/types.js';
import { createLog, type Log } from '../log.js';
import { openLogFile } from './log-file.js';
import type { OutputSink } from './output.js';
import { createRing, type Ring } from './ring.js';

/** Where everything that this cluster says goes, and the last of it. */
export interface Outlet {
  readonly log: Log;
  readonly sink: OutputSink;
  readonly ring: Ring;
  /** Whether stdout of the workers comes through the primary. */
  readonly pipeStdout: boolean;
  readonly prefix: ((slot: number) => string) | undefined;
}

/** @throws KfError LOG_FILE */
export function openOutlet(config: Config): Outlet {
  const ring = createRing();
  const file = config.logFile === undefined ? undefined : openLogFile(config.logFile, config.logMaxSize);
  const onTerminal = Boolean(process.stdout.isTTY) && !file;
  // Whoever read our output has gone (`| head`): the workers serve on.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  const out = file ?? ((chunk: Buffer | string) => void process.stdout.write(chunk));
  const err = file ?? ((chunk: Buffer | string) => void process.stderr.write(chunk));
  const log = createLog({
    format: config.logFormat,
    level: config.logLevel,
    label: 'kf-cluster',
    color: config.color && !file,
    sink: (line) => {
      ring.own(line);
      err(line);
    },
  });
  const marked = onTerminal || file !== undefined;
  return {
    log,
    sink: { out, err },
    ring,
    pipeStdout: onTerminal || file !== undefined,
    prefix: marked ? (slot) => `${slot} | ` : undefined,
  };
}
