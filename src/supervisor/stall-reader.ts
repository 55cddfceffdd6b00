import { parseStall, type StallReport } from '../contract/stall.js';

/** A line longer than this is not ours, in characters. */
const LONGEST = 64 * 1024;

/** Turns what arrives on a worker's stall pipe into reports. Bytes that are no report are dropped. */
export function createStallReader(onReport: (report: StallReport) => void): (chunk: Buffer) => void {
  const decoder = new TextDecoder();
  let rest = '';
  return (chunk) => {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = (lines.pop() ?? '').slice(0, LONGEST);
    for (const line of lines) {
      const report = parseStall(line);
      if (report) onReport(report);
    }
  };
}
