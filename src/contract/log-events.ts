import type { Log } from './log.js';

/**
 * What lines of the log are called that programs and tests wait for, beside the notifications of core/notifications.ts: the field
 * `event` of a JSON line. A name stays where texts improve. docs/LOGS.md lists them.
 */
export type LogEvent =
  | 'app-ended'
  | 'collector-away'
  | 'collector-refuses'
  | 'collector-says'
  | 'connections'
  | 'control-socket'
  | 'file-changed'
  | 'file-unwritable'
  | 'folder-gone'
  | 'health-port'
  | 'heap-limit'
  | 'hook-failed'
  | 'injected-sdk'
  | 'late-flush'
  | 'late-server'
  | 'log-reopened'
  | 'memory-left-alone'
  | 'no-log-file'
  | 'not-delivered'
  | 'not-ready-in-time'
  | 'other-agent'
  | 'other-release'
  | 'pipe-broken'
  | 'portless'
  | 'reload-refused'
  | 'runs-on-copy'
  | 'spool-unusable'
  | 'started-ahead'
  | 'starting'
  | 'supervisor-goes-on'
  | 'telemetry-attached'
  | 'telemetry-steps-back'
  | 'terminal-closed'
  | 'unknown-message'
  | 'watching'
  | 'worker-blocked'
  | 'worker-flushed'
  | 'worker-killed'
  | 'worker-recycled'
  | 'worker-waits'
  | 'workers-recycled';

/** A log whose lines have this id and these figures where they are JSON; their text stays as it is. */
export function eventLog(log: Log, event: LogEvent, figures: Parameters<Log['with']>[0] = {}): Log {
  return log.with({ event, ...figures }, { jsonOnly: true });
}
