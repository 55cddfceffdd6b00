import { StringDecoder } from 'node:string_decoder';

/** How much of a worker's stderr is kept for error texts, in bytes. */
const KEPT = 16 * 1024;
/** How long a failed worker's words wait for the speaker to say the same, in milliseconds. */
const PATIENCE = 5_000;

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
  /** The end. What was held back is shown, unless a worker has failed with the same words. */
  end(failed: boolean): void;
  /** The end of what it wrote to stderr. */
  lastWords(): string;
}

/** Hears all output as it comes, held back or not. */
export type OutputTap = (slot: number, stream: 'stdout' | 'stderr', chunk: Buffer) => void;

export interface OutputOptions {
  readonly sink: OutputSink;
  /** On a terminal, what stands in front of each line. */
  readonly prefix: ((slot: number) => string) | undefined;
  timer(delay: number, callback: () => void): () => void;
  readonly tap?: OutputTap | undefined;
}

/**
 * Passes output through. While workers boot for the first time only one of them, the speaker, speaks at once: four
 * workers that fail with one error should show it once.
 */
export function createOutputs({ sink, prefix, timer, tap }: OutputOptions) {
  const seen = new Set<string>();
  let speaker: 'none' | 'booting' | 'done' = 'none';
  let waiting: (() => void)[] = [];
  const speakerDone = () => {
    speaker = 'done';
    const judged = waiting;
    waiting = [];
    for (const judge of judged) judge();
  };

  return {
    open(slot: number, firstBoot: boolean): WorkerOutput {
      const speaks = speaker === 'none';
      if (speaks) speaker = 'booting';
      let held: Buffer[] | undefined = firstBoot && !speaks ? [] : undefined;
      let kept = Buffer.alloc(0);
      const err = withPrefix((chunk) => sink.err(chunk), prefix?.(slot));
      const out = withPrefix((chunk) => sink.out(chunk), prefix?.(slot));
      const release = () => {
        const chunks = held ?? [];
        held = undefined;
        for (const chunk of chunks) err(chunk);
      };
      const judge = () => {
        const words = essence(kept.toString());
        if (held && seen.has(words)) held = [];
        seen.add(words);
        release();
      };
      return {
        stdout: (chunk) => {
          tap?.(slot, 'stdout', chunk);
          out(chunk);
        },
        stderr: (chunk) => {
          tap?.(slot, 'stderr', chunk);
          kept = Buffer.concat([kept, chunk]).subarray(-KEPT);
          if (held) held.push(chunk);
          else err(chunk);
        },
        ready: () => {
          release();
          if (speaks) speakerDone();
        },
        end: (failed) => {
          if (!failed) release();
          else if (held && speaker === 'booting') {
            waiting.push(judge);
            timer(PATIENCE, judge);
          } else judge();
          if (speaks) speakerDone();
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
    .filter((line) => !isOurs(line) && !/^\s+at /.test(line))
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
  return line.includes('[kf-cluster:') || line.includes('"logger":"kf-cluster:');
}
