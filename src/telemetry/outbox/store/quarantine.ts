import { basename, join } from 'node:path';
import { makeDirs } from '../../../system/make-dirs.js';
import type { SpoolPorts } from '../outbox-ports.js';
import { usage } from './disk-usage.js';

/** The file with the reasons starts anew when it is larger. */
const REASONS_BYTES = 256 * 1024;
/** So many are named in one warning. */
const NAMED = 3;

/** What one round has set aside, for one warning. */
interface Aside {
  readonly what: string;
  readonly why: string;
}

/**
 * Where everything in the spool goes that cannot be used: `corrupt/` in the spool directory, with a file that says why.
 * No call throws: what cannot be moved stays where it is, which is said too, and hinders nobody.
 */
export class Quarantine {
  readonly dir: string;
  readonly #ports: SpoolPorts;
  #round: Aside[] = [];
  /** What could not be moved, so that it is reported once. */
  readonly #stuck = new Set<string>();

  constructor(root: string, ports: SpoolPorts) {
    this.dir = join(root, 'corrupt');
    this.#ports = ports;
  }

  /** Moves a file or directory here. False if it stays where it is. */
  put(path: string, why: string, name = basename(path)): boolean {
    const moved = this.#move(path, name);
    if (moved === true) this.#round.push({ what: name, why });
    else if (moved !== 'gone' && !this.#stuck.has(path)) {
      this.#stuck.add(path);
      this.#round.push({ what: name, why: `${why}; it stays where it is: ${moved.message}` });
    }
    return moved === true;
  }

  /** Writes down what was set aside since the last call, and returns one text about it. */
  describe(): string | undefined {
    const round = this.#round;
    if (round.length === 0) return undefined;
    this.#round = [];
    this.#writeReasons(round);
    const named = round.slice(0, NAMED).map(({ what, why }) => `${JSON.stringify(what)} (${why})`);
    const more = round.length > NAMED ? ` and ${round.length - NAMED} more` : '';
    const verb = round.length === 1 ? 'is' : 'are';
    return `what cannot be used of the spool ${verb} set aside: ${named.join(', ')}${more}`;
  }

  /** Deletes the oldest of what is here until so many bytes are free; returns how many are. */
  trim(bytes: number): number {
    let freed = 0;
    for (const { path } of this.#oldestFirst()) {
      if (freed >= bytes) return freed;
      const size = usage(path, this.#ports);
      if (this.#attempt(() => this.#ports.fs.rmSync(path, { recursive: true, force: true })) === undefined)
        freed += size;
    }
    return freed;
  }

  #move(path: string, name: string): true | 'gone' | Error {
    const { fs } = this.#ports;
    const error = this.#attempt(() => {
      makeDirs(this.dir, 0o700, fs);
      if (!fs.lstatSync(this.dir).isDirectory()) throw new Error(`${this.dir} is no directory`);
      const taken = fs.lstatSync(join(this.dir, name), { throwIfNoEntry: false });
      fs.renameSync(path, join(this.dir, taken ? `${name}.${Math.floor(this.#ports.random() * 1e9)}` : name));
    });
    if (error === undefined) return true;
    return fs.lstatSync(path, { throwIfNoEntry: false }) ? error : 'gone';
  }

  #writeReasons(round: readonly Aside[]): void {
    const { fs, wallClock } = this.#ports;
    const at = new Date(wallClock()).toISOString();
    const lines = round.map(({ what, why }) => `${at} ${JSON.stringify(what)}: ${why}\n`).join('');
    // Nothing depends on them: a full disk costs the reasons, part of which is in the warning.
    this.#attempt(() => {
      const path = join(this.dir, 'reasons.log');
      const size = fs.lstatSync(path, { throwIfNoEntry: false })?.size ?? 0;
      const flag = size > REASONS_BYTES ? 'w' : 'a';
      fs.writeFileSync(path, lines, { flag, mode: 0o600 });
    });
  }

  #oldestFirst(): { path: string; mtimeMs: number }[] {
    const { fs } = this.#ports;
    let names: string[] = [];
    this.#attempt(() => {
      names = fs.readdirSync(this.dir);
    });
    return names
      .flatMap((name) => {
        const path = join(this.dir, name);
        const stat = fs.lstatSync(path, { throwIfNoEntry: false });
        return stat ? [{ path, mtimeMs: stat.mtimeMs }] : [];
      })
      .sort((a, b) => a.mtimeMs - b.mtimeMs);
  }

  /** What goes wrong with a directory of rubbish is a value, not a reason to stop. */
  #attempt(act: () => void): Error | undefined {
    try {
      act();
      return undefined;
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }
}
