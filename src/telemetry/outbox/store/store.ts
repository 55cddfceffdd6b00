import type { DropCause } from '../../../contract/item-account.js';
import { entriesOf } from '../../../contract/table-keys.js';
import type { Account } from '../account.js';
import { mergeParts } from '../format/merge.js';
import { bytesOf, type Part } from '../format/part.js';
import type { Signal } from '../format/record.js';
import type { SpoolPorts } from '../outbox-ports.js';
import { Backlog } from './backlog.js';
import { type Entry, halve, heldOf, type Left, loadChunksSync, type NewBatch } from './entry.js';
import { type CollectorState, type FlushScope, LAST_TRY_MS } from './flush-scope.js';
import type { Journal } from './journal.js';
import type { Segment } from './segment-directory.js';
import { Spill } from './spill.js';
import { Waiters } from './waiters.js';

/** When records go to disk: never; when they cannot be sent at once; before they are reported as exported. */
export type Delivery = 'memory' | 'spool' | 'journal';

export interface StoreOptions {
  readonly delivery: Delivery;
  /** Undefined only with `memory`. */
  readonly journal: Journal | undefined;
  readonly accounts: Readonly<Record<Signal, Account>>;
  readonly ports: SpoolPorts;
  /** Payload bytes that wait in memory; what is in flight comes on top. Default: 32 MiB. */
  readonly maxMemoryBytes?: number;
  /** Milliseconds after which a record is not worth sending. Default: 24 hours. */
  readonly maxAgeMs?: number;
}

const QUEUE_FULL = ['queue_full', 'the collector takes them too slowly'] as const;
const DISK_FULL = ['disk_full', 'memory is full and the disk cannot be written'] as const;

/** Holds every record from its handing in to its acknowledgement, in memory, on disk or both. */
export class Store {
  readonly backlog = new Backlog();
  /** Called when there is something to send. */
  onWork: () => void = () => undefined;
  readonly #options: StoreOptions;
  readonly #maxMemory: number;
  readonly #maxAge: number;
  readonly #flying = new Set<Entry>();
  readonly #waiters = new Waiters();
  readonly #spill: Spill;
  #order = 0;
  #collector: CollectorState = 'there';
  #othersSend = false;
  #drained = false;

  constructor(options: StoreOptions) {
    this.#options = options;
    const persist = (entry: Entry) => this.#persist(entry);
    this.#spill = new Spill(options.ports, () => this.backlog.entries, persist);
    this.#maxMemory = options.maxMemoryBytes ?? 32 << 20;
    this.#maxAge = options.maxAgeMs ?? 24 * 3600 * 1000;
    for (const [signal, account] of entriesOf(options.accounts)) {
      account.watch(() => heldOf(signal, this.#all()));
    }
  }

  handIn({ kind: signal, encoding, items, parts }: NewBatch): void {
    const { delivery, journal, ports } = this.#options;
    const since = ports.now();
    const bytes = bytesOf(parts);
    const full = this.backlog.memoryBytes + bytes > this.#maxMemory;
    const ahead =
      delivery === 'journal' || (delivery === 'spool' && (this.#collector !== 'there' || full || this.#drained));
    const request = ahead && journal ? mergeParts(parts, encoding) : [];
    const stored = request.length > 0 ? journal?.append({ kind: signal, encoding, items, request }, since) : undefined;
    const order = ++this.#order;
    const fields = { signal, encoding, order, since, items, bytes, chunks: parts, stored };
    const entry: Entry = { ...fields, recovered: false, alone: false };
    if (this.#drained && !stored) {
      this.#count(entry, 'late', 'it ended after the last flush');
      return;
    }
    this.backlog.push(entry);
    // Not always `entry`: it may have become a part of the one before.
    const last = this.backlog.entries.at(-1);
    if (full && stored && last) this.backlog.setChunks(last, undefined);
    if (this.backlog.memoryBytes > this.#maxMemory) this.#shed();
    if (!this.#drained) this.onWork();
  }

  /** Takes over records of a dead worker. */
  recover(entries: readonly Left[]): void {
    for (const { age, ...rest } of entries) {
      const since = this.#options.ports.now() - Math.max(0, age);
      this.#options.accounts[rest.signal].recovered += rest.items;
      this.backlog.push({ ...rest, order: ++this.#order, since, recovered: true, alone: false, chunks: undefined });
    }
    this.onWork();
  }

  take(limit: number): Entry[] {
    const taken = this.backlog.take(limit);
    for (const entry of taken) this.#flying.add(entry);
    return taken;
  }

  giveBack(entries: readonly Entry[]): void {
    const back = entries.filter((entry) => this.#flying.delete(entry));
    // Its file was deleted to make room while it was under way.
    for (const entry of back)
      if (!entry.chunks && !entry.stored) this.#count(entry, 'disk_full', 'the spool is full, the oldest went');
    this.backlog.giveBack(back.filter((entry) => entry.chunks || entry.stored));
    this.#waiters.look();
  }

  /** Acknowledged: false if it was given up meanwhile. */
  settle(entry: Entry): boolean {
    if (!this.#flying.delete(entry)) return false;
    if (entry.stored) this.#options.journal!.acknowledge(entry.stored);
    this.#waiters.look();
    return true;
  }

  /** Gives up one that is in flight. */
  drop(entry: Entry, cause: DropCause, why: string): void {
    if (this.settle(entry)) this.#count(entry, cause, why);
  }

  /** Puts smaller entries in the place of one that is too large; gives it up if it is a single span. */
  replace(entry: Entry, parts: readonly Part[], why: string): void {
    const halves = halve(entry, parts);
    if (!halves) this.drop(entry, 'non_retryable', why);
    if (!halves || !this.#flying.has(entry)) return;
    if (entry.stored) for (const half of halves) this.#persist(half);
    this.backlog.giveBack(halves);
    this.settle(entry);
  }

  /** Gives up what is too old. */
  expire(): void {
    const before = this.#options.ports.now() - this.#maxAge;
    if (!this.backlog.entries.some((entry) => entry.since < before)) return;
    this.#abandon((entry) => entry.since < before, 'expired', 'it is older than --spool-max-age');
  }

  /** Decides what goes to disk ahead, and whether a flush is worth its time. */
  collectorIs(state: CollectorState): void {
    this.#collector = state;
    if (state !== 'there' && this.#options.delivery === 'spool') this.#spill.soon();
    if (state === 'refusing' || (this.#othersSend && this.#isLeftToOthers())) this.#waiters.giveUp();
  }

  /**
   * True when everything handed in so far is settled, false when `ms` from now passes before that. Recovered records are on
   * disk anyway and waited for only on demand. With `othersSend` it is also false as soon as a try finds nobody there.
   */
  flushed(ms: number, { recovered = false, othersSend = false }: FlushScope = {}): Promise<boolean> {
    const upTo = this.#order;
    this.#othersSend ||= othersSend;
    const deadlineMs = othersSend && this.#isLeftToOthers() ? Math.min(ms, LAST_TRY_MS) : ms;
    const open = (entry: Entry) => (recovered || !entry.recovered) && entry.order <= upTo;
    const isSettled = () => !this.backlog.entries.some(open) && ![...this.#flying].some(open);
    return this.#waiters.wait(isSettled, deadlineMs, this.#options.ports);
  }

  /** Resolves when nothing is in flight, or after `ms`. */
  async landed(ms: number): Promise<void> {
    await this.#waiters.wait(() => this.#flying.size === 0, ms, this.#options.ports, true);
  }

  #isLeftToOthers(): boolean {
    if (this.#collector !== 'away') return false;
    this.keepSync();
    return this.#all().every(({ stored }) => stored);
  }

  /** Puts everything that is in memory only on disk, now. */
  keepSync(): void {
    this.#options.journal?.verify();
    if (this.#options.delivery !== 'memory') for (const entry of this.#all()) this.#persist(entry);
  }

  /** The same as the last thing before the process is gone: what is on no disk then is given up, and counted. */
  drainSync(): void {
    this.#drained = true;
    this.keepSync();
    const cause = this.#options.delivery === 'memory' ? 'expired' : 'disk_full';
    this.#abandon((entry) => !entry.stored, cause, 'it was not acknowledged when the process ended');
    for (const entry of [...this.#flying]) if (!entry.stored) this.drop(entry, cause, 'it was under way at the end');
  }

  /** The journal deletes this segment to make room. */
  evicted(segment: Segment): void {
    const hit = this.#all().filter((entry) => entry.stored?.segment === segment);
    for (const entry of hit) entry.stored = undefined;
    this.#abandon((entry) => !entry.stored && !entry.chunks, 'disk_full', 'the spool is full, the oldest went');
  }

  /** The files are gone, but can be read once more: write them anew. */
  lost(segments: ReadonlySet<Segment>): void {
    for (const entry of this.#all().filter((each) => each.stored && segments.has(each.stored.segment))) {
      const chunks = loadChunksSync(entry, this.#options.ports.fs);
      entry.stored = undefined;
      if (chunks) this.#persist(entry, chunks);
      if (!entry.stored && !entry.chunks && !this.#flying.has(entry)) this.backlog.setChunks(entry, chunks);
    }
    this.#abandon((entry) => !entry.stored && !entry.chunks, 'disk_full', 'the spool directory was deleted');
  }

  /** Requests that were folded into one entry become one record. True if it is on disk. */
  #persist(entry: Entry, chunks: readonly Part[] | undefined = entry.chunks): boolean {
    if (entry.stored || !chunks) return entry.stored !== undefined;
    const { signal: kind, encoding, items } = entry;
    const request = mergeParts(chunks, encoding);
    entry.stored = this.#options.journal?.append({ kind, encoding, items, request }, this.#options.ports.now());
    return entry.stored !== undefined;
  }

  /** Memory is full: what is on disk leaves it; what is not goes to disk, or is given up, oldest first. */
  #shed(): void {
    for (const entry of [...this.backlog.entries]) {
      if (this.backlog.memoryBytes <= this.#maxMemory) return;
      if (this.#options.delivery !== 'memory') this.#persist(entry);
      if (entry.stored && entry.chunks) this.backlog.setChunks(entry, undefined);
    }
    const [cause, why] = this.#options.delivery === 'memory' ? QUEUE_FULL : DISK_FULL;
    const over = () => this.backlog.memoryBytes > this.#maxMemory;
    for (const entry of [...this.backlog.entries])
      if (over() && entry.chunks) this.#giveUp(new Set([entry]), cause, why);
  }

  #abandon(which: (entry: Entry) => boolean, cause: DropCause, why: string): void {
    this.#giveUp(new Set(this.backlog.entries.filter(which)), cause, why);
  }

  /** Takes entries out of the queue for good. */
  #giveUp(entries: ReadonlySet<Entry>, cause: DropCause, why: string): void {
    if (entries.size === 0) return;
    this.backlog.remove(entries);
    for (const entry of entries) {
      if (entry.stored) this.#options.journal!.acknowledge(entry.stored);
      this.#count(entry, cause, why);
    }
    this.#waiters.look();
  }

  #count(entry: Entry, cause: DropCause, why: string): void {
    const trouble = cause === 'disk_full' ? this.#options.journal?.trouble : undefined;
    const text = trouble ? `${why} (${trouble.text})` : why;
    this.#options.accounts[entry.signal].drop(cause, entry.items, text, trouble?.fix);
  }

  #all(): Entry[] {
    return [...this.#flying, ...this.backlog.entries];
  }
}
