import type { EventEmitter } from 'node:events';
import { chmodSync, linkSync, lstatSync, readdirSync, renameSync, rmSync, type Stats, writeFileSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import type { Log } from '../contract/log.js';
import { eventLog } from '../contract/log-events.js';
import { isRecord } from '../contract/record-guard.js';
import { secondName, secondNames } from '../contract/socket-path.js';
import { messageOf } from '../contract/system-error.js';
import { processExists } from '../system/process-exists.js';
import { observe } from '../worker/node-internals/emitters.js';

/** The unix sockets that this primary has bound for its workers: each stays where it is for as long as one holds it. */
export interface SocketPaths {
  /** Follows what a worker asks node:cluster for. */
  follow(child: Child): void;
  /** Its socket is closed here at a stop, and with that its path is gone: workers still accept on it, until each of them has left. */
  putBack(path: string): void;
}

type Child = EventEmitter & { readonly connected: boolean };

/** What a worker of node:cluster asks for a listening socket with. */
interface Query {
  readonly address: string;
  readonly readableAll?: boolean;
  readonly writableAll?: boolean;
}

interface Owned {
  readonly socket: Pick<Stats, 'dev' | 'ino'>;
  readonly holders: Set<Child>;
  /** Put back by us: nobody else removes it. */
  isPutBack: boolean;
}

/**
 * Apps remove the path of their socket before they listen, or a killed process would keep them from it. In a cluster the
 * second worker, or the first of a reload, would remove the path of the socket that all others accept on. Workers are kept
 * from that (worker/node-internals/socket-unlink.ts); a path that somebody else has removed is put back when a worker asks for it.
 * What a killed primary has left, a socket on which nobody listens, makes way.
 */
export function createSocketPaths(log: Log): SocketPaths {
  const sockets = new OwnedSockets(log);
  const turns = new Map<string, Promise<void>>();
  process.once('exit', () => sockets.removeNames());
  return {
    putBack: (path) => sockets.putBack(path),
    follow: (child) => {
      const passed = new WeakSet<object>();
      observe(child, 'internalMessage', (message: object, ...handle: unknown[]) => {
        if (!isQuery(message) || passed.has(message)) return false;
        passed.add(message);
        const pass = () => void child.emit('internalMessage', message, ...handle);
        const turn = (turns.get(message.address) ?? Promise.resolve()).then(() => sockets.answer(message, child, pass));
        turns.set(message.address, turn);
        return true;
      });
      // node:cluster closes its socket when the last worker that holds it has disconnected.
      const letGo = () => sockets.letGo(child);
      child.once('exit', () => (child.connected ? child.once('disconnect', letGo) : letGo()));
    },
  };
}

class OwnedSockets {
  readonly #log: Log;
  readonly #owned = new Map<string, Owned>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** Lets node:cluster bind the path, when nothing that is left there keeps it from that. */
  async answer(query: Query, child: Child, pass: () => void): Promise<void> {
    const { address: path } = query;
    let free = false;
    try {
      free = await this.#prepare(path);
    } catch (error) {
      this.#log.warn(`the socket ${path} cannot be looked after`, { why: String(error) });
    }
    if (!child.connected) return;
    const mine = this.#owned.get(path);
    if (!mine && free) this.#announce(path);
    pass();
    try {
      if (mine) mine.holders.add(child);
      else if (free) this.#own(query, child);
    } catch (error) {
      this.#log.warn(`the socket ${path} is lost when it is removed`, { why: String(error) });
    }
  }

  letGo(child: Child): void {
    for (const [path, { holders }] of this.#owned) if (holders.delete(child) && holders.size === 0) this.#disown(path);
  }

  removeNames(): void {
    for (const path of [...this.#owned.keys()]) this.#disown(path);
  }

  /** A request in flight may call its own app by it: it would find nothing until its worker knows of the stop. */
  putBack(path: string): void {
    const mine = this.#owned.get(path);
    if (!mine || statOf(path)) return;
    try {
      linkSync(secondName(path, process.pid), path);
      mine.isPutBack = true;
    } catch (error) {
      this.#log.warn(`the socket ${path} is gone before its workers`, { why: messageOf(error) });
    }
  }

  /** @returns whether the path may be bound, or is ours */
  async #prepare(path: string): Promise<boolean> {
    const mine = this.#owned.get(path);
    let there = statOf(path);
    if (mine && there && isSame(there, mine.socket)) return true;
    if (mine && !there) {
      linkSync(secondName(path, process.pid), path);
      there = statOf(path);
      this.#log.warn(`the socket ${path} had been removed, and is back`);
    }
    if (!there) return true;
    if (!there.isSocket() || (await isListening(path))) return mine !== undefined && isSame(there, mine.socket);
    if (mine) this.#disown(path);
    remove(path);
    if (!mine) eventLog(this.#log, 'socket-removed', { path }).info(`removed ${path}: nobody listens on it any more`);
    return true;
  }

  /** An empty file stands for the second name until there is a socket: no worker removes the path in between. */
  #announce(path: string): void {
    const name = secondName(path, process.pid);
    try {
      remove(name); // of a primary that had this pid
      writeFileSync(name, '', { flag: 'wx', mode: 0o600 });
    } catch (error) {
      this.#log.warn(`${name} could not be written`, { why: messageOf(error) });
    }
  }

  #own(query: Query, child: Child): void {
    const { address: path } = query;
    const socket = statOf(path);
    if (!socket?.isSocket()) return this.#removeName(path); // it was refused
    const name = secondName(path, process.pid);
    remove(`${name}.new`); // of a primary that had this pid
    linkSync(path, `${name}.new`);
    renameSync(`${name}.new`, name); // at no moment is there no name
    allow(path, socket, query);
    this.#owned.set(path, { socket, holders: new Set([child]), isPutBack: false });
    sweep(path);
  }

  #disown(path: string): void {
    const mine = this.#owned.get(path);
    this.#owned.delete(path);
    const there = mine?.isPutBack ? statOf(path) : undefined;
    if (mine && there && isSame(there, mine.socket)) this.#remove(path);
    this.#removeName(path);
  }

  /** At the end of a worker or of this process: a directory that has become read-only ends nothing else. */
  #removeName(path: string): void {
    this.#remove(secondName(path, process.pid));
  }

  #remove(name: string): void {
    try {
      remove(name);
    } catch (error) {
      eventLog(this.#log, 'socket-stays', { path: name }).warn(`${name} could not be removed`, {
        why: messageOf(error),
      });
    }
  }
}

function isQuery(message: unknown): message is Query {
  if (!isRecord(message)) return false;
  const { cmd, act, addressType, address } = message;
  const isPath = addressType === -1 && typeof address === 'string' && address !== '' && !address.startsWith('\0');
  return isPath && cmd === 'NODE_CLUSTER' && act === 'queryServer' && process.platform !== 'win32';
}

function statOf(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}

function isSame(a: Pick<Stats, 'dev' | 'ino'>, b: Pick<Stats, 'dev' | 'ino'>): boolean {
  return a.dev === b.dev && a.ino === b.ino;
}

function remove(path: string): void {
  rmSync(path, { force: true });
}

/** As `readableAll` and `writableAll` of `listen` do in a process of its own. */
function allow(path: string, { mode }: Stats, { readableAll, writableAll }: Query): void {
  const added = (readableAll ? 0o444 : 0) | (writableAll ? 0o222 : 0);
  if (added !== 0) chmodSync(path, (mode & 0o777) | added);
}

/** Only a refusal says that nobody listens: a full queue or a missing right does not. */
function isListening(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', ({ code }: NodeJS.ErrnoException) => resolve(code !== 'ECONNREFUSED' && code !== 'ENOENT'));
  });
}

/** Second names that killed primaries have left. */
function sweep(path: string): void {
  const { folder, prefix } = secondNames(path);
  for (const name of readdirSync(folder)) {
    const pid = name.startsWith(prefix) ? Number(name.slice(prefix.length)) : Number.NaN;
    if (Number.isInteger(pid) && !processExists(pid)) remove(join(folder, name));
  }
}
