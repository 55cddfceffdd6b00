import { StringDecoder } from 'node:string_decoder';
import { ESC } from '../contract/visible.js';

/** How much of a worker's stderr is kept for error texts, in bytes. */
const KEPT = 16 * 1024;
/** How long a failed worker's stderr waits for the worker that shows the same text, in milliseconds. */
const PATIENCE = 5_000;

/** How much of a worker's stderr is held back while another one speaks, in bytes; then it speaks as well. */
const MOST_HELD = 1_048_576;

/** How lines of a worker look where they are shown. */
interface LineForm {
  /** What stands in front of each. */
  front(): string;
  /** A line, or a part of one, without its end. */
  show(text: string): string;
}

/** Undefined: its output passes as it comes. */
export type OutputForm = (slot: number, stream: 'stdout' | 'stderr') => LineForm | undefined;

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
  /** The end. What was held back is shown, unless a worker has failed with the same text. */
  end(failed: boolean): void;
  /** The end of what it wrote to stderr. */
  stderrTail(): string;
}

/** One stream of one process on its way. */
interface OutputPipe {
  write(chunk: Buffer): void;
  /** The process has ended: what it wrote last is a line, with or without its end. */
  end(): void;
}

/** Opened for each stream of each process: hears all output as it comes, held back or not. */
export type OutputTap = (slot: number, stream: 'stdout' | 'stderr') => OutputPipe;

interface OutputOptions {
  readonly sink: OutputSink;
  readonly form: OutputForm;
  timer(delay: number, callback: () => void): () => void;
  readonly tap?: OutputTap | undefined;
}

/**
 * Passes output through. While workers boot for the first time only one of them, the speaker, speaks at once: four
 * workers that fail with one error should show it once.
 */
export function createOutputs(options: OutputOptions) {
  const seen = new Set<string>();
  let speaker: 'none' | 'booting' | 'done' = 'none';
  let waiting: (() => void)[] = [];
  const speakerDone = () => {
    speaker = 'done';
    const judged = waiting;
    waiting = [];
    for (const judge of judged) judge();
  };
  /** Now, or when the speaker has shown what is the matter. */
  const whenSpoken = (judge: () => void, held: boolean) => {
    if (!held || speaker !== 'booting') return judge();
    waiting.push(judge);
    options.timer(PATIENCE, judge);
  };

  return {
    open(slot: number, firstBoot: boolean): WorkerOutput {
      const speaks = speaker === 'none';
      if (speaks) speaker = 'booting';
      const onSpoken = speaks ? speakerDone : () => undefined;
      return openOutput(slot, { ...options, seen, whenSpoken, onSpoken, holds: firstBoot && !speaks });
    },
  };
}

interface Turns extends OutputOptions {
  /** The errors that were shown. */
  readonly seen: Set<string>;
  /** Its stderr is held back. */
  readonly holds: boolean;
  whenSpoken(judge: () => void, held: boolean): void;
  onSpoken(): void;
}

function openOutput(slot: number, { sink, form, tap, seen, holds, whenSpoken, onSpoken }: Turns): WorkerOutput {
  let held: Buffer[] | undefined = holds ? [] : undefined;
  let heldBytes = 0;
  let kept = Buffer.alloc(0);
  let ended = false;
  const err = inForm((chunk) => sink.err(chunk), form(slot, 'stderr'));
  const out = inForm((chunk) => sink.out(chunk), form(slot, 'stdout'));
  const taps = { out: tap?.(slot, 'stdout'), err: tap?.(slot, 'stderr') };
  const release = () => {
    const chunks = held ?? [];
    held = undefined;
    for (const chunk of chunks) err.write(chunk);
    if (ended) err.end();
  };
  const judge = () => {
    const text = essence(kept.toString());
    if (held && seen.has(text)) held = [];
    seen.add(text);
    release();
  };
  return {
    stdout: (chunk) => {
      taps.out?.write(chunk);
      out.write(chunk);
    },
    stderr: (chunk) => {
      taps.err?.write(chunk);
      kept = Buffer.concat([kept, chunk]).subarray(-KEPT);
      heldBytes += chunk.length;
      if (held && heldBytes > MOST_HELD) release();
      if (held) held.push(chunk);
      else err.write(chunk);
    },
    ready: () => {
      release();
      onSpoken();
    },
    end: (failed) => {
      ended = true;
      for (const pipe of [taps.out, taps.err, out]) pipe?.end();
      if (failed) whenSpoken(judge, held !== undefined);
      else release();
      onSpoken();
    },
    stderrTail: () => kept.toString().trimEnd(),
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

/** What a chunk may end with that cannot be judged without the next one: half a colour, half a line end. */
const UNFINISHED = new RegExp(`(?:${ESC}(?:\\[[\\d;:]{0,32})?|\r)$`);

/**
 * Marks each line with its worker, those too that say it themselves: an app can write what it likes, so what has no mark
 * is the primary's.
 */
function inForm(write: (chunk: Buffer | string) => void, form: LineForm | undefined): OutputPipe {
  if (form === undefined) return { write, end: () => undefined };
  const { front, show } = form;
  let atStart = true;
  let rest = '';
  const decoder = new StringDecoder(); // a character may be split over two chunks
  const take = (text: string) => {
    const lines = text.split('\n');
    const last = lines.pop() ?? '';
    let shown = '';
    for (const line of lines) {
      shown += `${atStart ? front() : ''}${show(line.endsWith('\r') ? line.slice(0, -1) : line)}\n`;
      atStart = true;
    }
    if (last !== '') {
      shown += `${atStart ? front() : ''}${show(last)}`;
      atStart = false;
    }
    if (shown !== '') write(shown);
  };
  return {
    write: (chunk) => {
      const text = rest + decoder.write(chunk);
      rest = UNFINISHED.exec(text)?.[0] ?? '';
      take(text.slice(0, text.length - rest.length));
    },
    end: () => {
      const text = rest + decoder.end();
      rest = '';
      if (!atStart || text !== '') take(`${text}\n`);
    },
  };
}

function isOurs(line: string): boolean {
  return line.includes('[kf-cluster:') || line.includes('"logger":"kf-cluster:');
}
