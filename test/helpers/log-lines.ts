import type { LogEvent } from '../../src/contract/log-events.js';
import type { Notification } from '../../src/core/notifications.js';

/** What a line of our log is called where it is JSON. */
export type EventId = LogEvent | Notification['type'];

/** A line of our log, read. */
export interface LogLine {
  readonly event: string;
  readonly level: string;
  readonly logger: string;
  readonly msg: string;
  /** Of a line about a process. */
  readonly pid: number;
  /** Of the health port's. */
  readonly port: number;
  readonly [figure: string]: unknown;
}

/** What a line has to hold. */
export type Figures = Readonly<Record<string, string | number | boolean | null>>;

/** The line if it has this id and these figures. What an app or a terminal has put in front of it is left out. */
export function logLine(line: string, id: EventId, figures: Figures): LogLine | null {
  if (!line.includes(`"event":"${id}"`)) return null;
  const read: LogLine = JSON.parse(line.slice(line.indexOf('{"time":')));
  if (read.event !== id) return null;
  return Object.entries(figures).every(([name, value]) => read[name] === value) ? read : null;
}

/** Those of a text, such as a log file, with this id and these figures. */
export function eventsIn(text: string, id: EventId, figures: Figures = {}): LogLine[] {
  const whole = text.slice(0, text.lastIndexOf('\n') + 1); // what follows is still being written
  return whole
    .split('\n')
    .map((line) => logLine(line, id, figures))
    .filter((line) => line !== null);
}
