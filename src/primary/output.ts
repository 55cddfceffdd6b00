import { StringDecoder } from 'node:string_decoder';

/** How much of a worker's stderr is kept for error texts, in bytes. */
const KEPT = 16 * 1024;

/** Where worker output goes. */
export interface OutputSink {
  out(chunk: Buffer | string): void;
  err(chunk: Buffer | string): void;
}

/** One worker's output on its way to ours. */
export interface WorkerOutput {
  stdout(chunk: Buffer): void;
  stderr(chunk: Buffer): void;
  /** From now on stderr passes at once. */
  ready(): void;
  /** The end. What was held back is shown, unless a worker has failed with the same words before. */
  end(failed: boolean): void;
  /** The end of what it wrote to stderr. */
  lastWords(): string;
}

/**
 * Passes output through. While workers boot for the first time, only one of them speaks at once: four workers that
 * fail with one error should show it once.
 *
 * @param prefix on a terminal, what stands in front of each line
 */
export function createOutputs(sink: OutputSink, prefix: ((slot: number) => string) | undefined) {
  let speaker: number | undefined;
  /** What the speaker has shown so far. */
  let spoken = () => '';
  const seen = new Set<string>();
  return {
    open(slot: number, firstBoot: boolean): WorkerOutput {
      speaker ??= slot;
      let held: Buffer[] | undefined = firstBoot && (speaker !== slot || seen.size > 0) ? [] : undefined;
      let kept = Buffer.alloc(0);
      if (!held && firstBoot) spoken = () => essence(kept.toString());
      const err = withPrefix((chunk) => sink.err(chunk), prefix?.(slot));
      const out = withPrefix((chunk) => sink.out(chunk), prefix?.(slot));
      const release = () => {
        const chunks = held ?? [];
        held = undefined;
        for (const chunk of chunks) err(chunk);
      };
      return {
        stdout: out,
        stderr: (chunk) => {
          kept = Buffer.concat([kept, chunk]).subarray(-KEPT);
          if (held) held.push(chunk);
          else err(chunk);
        },
        ready: release,
        end: (failed) => {
          const words = essence(kept.toString());
          // Workers that fail together may end before the speaker does, who has shown the same words already.
          if (failed && held && (seen.has(words) || spoken() === words)) held = undefined;
          if (failed) seen.add(words);
          release();
        },
        lastWords: () => kept.toString().trimEnd(),
      };
    },
  };
}

/** What makes two errors the same: not their process ids, times, ways through the stack or our own log lines. */
function essence(text: string): string {
  return text
    .split('\n')
    .filter((line) => !line.includes('kf-cluster:') && !/^\s+at /.test(line))
    .join('\n')
    .replace(/\d+/g, '#');
}

/** Marks each line with its worker, but not the lines that say it themselves. */
function withPrefix(write: (chunk: Buffer | string) => void, prefix: string | undefined): (chunk: Buffer) => void {
  if (prefix === undefined) return write;
  let atStart = true;
  const decoder = new StringDecoder(); // a character may be split over two chunks
  return (chunk) => {
    const text = decoder.write(chunk);
    const lines = text.split(/(?<=\n)/);
    write(lines.map((line, at) => ((at > 0 || atStart) && !isOurs(line) ? prefix + line : line)).join(''));
    atStart = text.endsWith('\n');
  };
}

function isOurs(line: string): boolean {
  return line.includes('[kf-cluster:');
}
