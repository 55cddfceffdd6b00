import { wantsColor } from '../contract/color.js';

/** What a command may do to the stream it prints to. */
export interface Screen {
  /** Cells of a line; Infinity where it is no terminal, or where the terminal does not say. */
  readonly columns: number;
  /** Lines of a terminal; Infinity likewise. */
  readonly rows: number;
  readonly color: boolean;
  /** Whether what was printed may be drawn over: a terminal that knows how to move its cursor. */
  readonly live: boolean;
}

/** Cursor to the top, and everything gone. */
const CLEAR = '\u001b[H\u001b[2J';

export function screenOf(stream: NodeJS.WriteStream, env: Readonly<Record<string, string | undefined>>): Screen {
  const [columns, rows] = stream.isTTY ? [stream.columns, stream.rows] : [];
  return {
    columns: columns || Number.POSITIVE_INFINITY,
    rows: rows || Number.POSITIVE_INFINITY,
    color: wantsColor(stream, env),
    live: stream.isTTY === true && env.TERM !== 'dumb',
  };
}

/** A text that takes the place of what the screen shows; what does not fit below is counted. */
export function overdraw(text: string, { live, rows }: Screen): string {
  if (!live) return text;
  const lines = text.trimEnd().split('\n');
  if (lines.length < rows) return CLEAR + text;
  const shown = lines.slice(0, Math.max(1, rows - 2));
  return `${CLEAR}${shown.join('\n')}\n... ${lines.length - shown.length} lines more\n`;
}
