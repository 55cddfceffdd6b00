import { createLog, type Log } from '../../src/contract/log.js';

/** A log, and its lines as records. */
export function keptLog(): { log: Log; lines: () => Record<string, unknown>[] } {
  const texts: string[] = [];
  const log = createLog({ format: 'json', level: 'debug', label: 'test', sink: (line) => texts.push(line) });
  return { log, lines: () => texts.map((text) => JSON.parse(text)) };
}
