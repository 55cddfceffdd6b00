import { readFileSync } from 'node:fs';

export interface Holder {
  readonly pid: number;
  readonly at: number;
  /** When it was no longer there: closed, or handed to another worker. */
  left?: number;
}

export interface EndedSpan {
  readonly id: string;
  readonly pid: number;
  /** Of its worker's event loop, counted where a span ended. */
  readonly turn: number;
}

/** What the workers themselves wrote of what they did, whatever became of them. */
export interface Ledger {
  /** Who began a request, by its number. */
  readonly accepted: ReadonlyMap<string, number>;
  readonly finished: ReadonlySet<string>;
  /** Who had connections from a port of a client, and since when in ms of the epoch; a port may come again. */
  readonly connected: ReadonlyMap<string, readonly Holder[]>;
  readonly spans: readonly EndedSpan[];
  readonly pids: ReadonlySet<number>;
}

export function readLedger(file: string): Ledger {
  const accepted = new Map<string, number>();
  const finished = new Set<string>();
  const connected = new Map<string, Holder[]>();
  const spans: EndedSpan[] = [];
  const pids = new Set<number>();
  const take: Record<string, (pid: number, what: string, more: string) => void> = {
    accept: (pid, id) => void accepted.set(id, pid),
    finish: (_pid, id) => void finished.add(id),
    connect: (pid, port, at) => void connected.set(port, [...(connected.get(port) ?? []), { pid, at: Number(at) }]),
    left: (pid, port, at) => {
      const held = connected.get(port)?.findLast((one) => one.pid === pid);
      if (held) held.left = Number(at);
    },
    span: (pid, id, turn) => void spans.push({ id, pid, turn: Number(turn) }),
  };
  for (const line of readFileSync(file, 'utf8').trim().split('\n')) {
    const [kind = '', pid, what = '', more = ''] = line.split(' ');
    pids.add(Number(pid));
    take[kind]?.(Number(pid), what, more);
  }
  return { accepted, finished, connected, spans, pids };
}

/** The spans that a SIGKILL may take along when each turn of the loop is journalled: those of the last one. */
export function lastTurns(spans: readonly EndedSpan[]): ReadonlySet<string> {
  const last = new Map<number, number>();
  for (const { pid, turn } of spans) last.set(pid, Math.max(turn, last.get(pid) ?? 0));
  return new Set(spans.filter(({ pid, turn }) => last.get(pid) === turn).map(({ id }) => id));
}
