import { readSync, writeSync } from 'node:fs';
import { entriesOf } from './table-keys.js';

/**
 * The table in which workers that share a port see how many connections are open on each: a file without a name, the sixth
 * entry of each worker's stdio. A look costs a microsecond, where a question by way of the primary takes
 * a millisecond and all the others' time.
 */
export const CONNECTION_TABLE_FD = 5;

/** Servers are distinguished by a hash of their address: each has a page, on which each worker has a row. */
const PAGES = 16;
const ROWS = 256;
/** Where each of it stands in a row, behind the hash of the address (0: nobody). */
const LAYOUT = { open: 1, accepted: 2, holding: 3 } as const satisfies Readonly<Record<keyof Standing, number>>;
const COLUMNS = entriesOf(LAYOUT);
const FIELDS = 1 + COLUMNS.length;
/** Of the form of the rows. Workers of another form see none of these rows, and theirs are not seen. */
const FORM = COLUMNS.map(([name, at]) => `${name}${at}`).join();
const ROW_BYTES = FIELDS * Uint32Array.BYTES_PER_ELEMENT;
const PAGE_BYTES = ROWS * ROW_BYTES;
/** In front of the pages is room for a line of text; behind them are the signs of life (signs-of-life.ts). */
const PAGES_AT = 512;
export const SIGNS_AT = PAGES_AT + PAGES * PAGE_BYTES;

/** Where a worker stands with the connections of one server. */
export interface Standing {
  /** Connections open now. */
  readonly open: number;
  /** Accepted so far; it moves for as long as the worker takes part. */
  readonly accepted: number;
  /** 0 when it takes part; else how soon it looks again, in milliseconds. */
  readonly holding: number;
}

/** One worker's row on one server's page. */
export interface Row {
  write(standing: Standing): void;
  clear(): void;
  /** Of the others that listen there. */
  peers(): Standing[];
}

/** @param worker the number of its fork; those that are 256 forks apart and still run both would share a row */
export function openRow(fd: number, worker: number, address: string): Row {
  const hash = hashOf(`${FORM} ${address}`);
  const page = PAGES_AT + (hash % PAGES) * PAGE_BYTES;
  const own = worker % ROWS;
  const mine = new Uint32Array(FIELDS);
  const all = new Uint32Array(ROWS * FIELDS);
  return {
    write: (standing) => {
      mine[0] = hash;
      for (const [name, at] of COLUMNS) mine[at] = standing[name];
      put(fd, mine, page + own * ROW_BYTES);
    },
    clear: () => put(fd, mine.fill(0), page + own * ROW_BYTES),
    peers: () => {
      if (!get(fd, all, page)) return [];
      const peers: Standing[] = [];
      for (let row = 0; row < ROWS; row += 1) {
        const at = row * FIELDS;
        if (row === own || all[at] !== hash) continue;
        const of = (name: keyof Standing) => all[at + LAYOUT[name]] ?? 0;
        peers.push({ open: of('open'), accepted: of('accepted'), holding: of('holding') });
      }
      return peers;
    },
  };
}

/** A worker that has ended is nobody's peer. */
export function clearRows(fd: number, worker: number): void {
  const nothing = new Uint32Array(FIELDS);
  for (let page = 0; page < PAGES; page += 1)
    put(fd, nothing, PAGES_AT + page * PAGE_BYTES + (worker % ROWS) * ROW_BYTES);
}

function put(fd: number, row: Uint32Array, at: number): void {
  try {
    writeSync(fd, row, 0, ROW_BYTES, at);
  } catch {
    // A connection table that cannot be used any more is an empty one: no connection and no worker fails for it.
  }
}

function get(fd: number, page: Uint32Array, at: number): boolean {
  try {
    return readSync(fd, page, 0, PAGE_BYTES, at) === PAGE_BYTES;
  } catch {
    return false;
  }
}

/** FNV-1a; never 0. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash || 1;
}
