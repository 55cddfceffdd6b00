import { basename, join } from 'node:path';
import { codeOf } from '../../../contract/system-error.js';

import type { KnownWorkers } from '../../../contract/worker-exit.js';
import type { Account } from '../account.js';
import type { Signal } from '../format/record.js';
import type { SpoolPorts, Warn } from '../outbox-ports.js';
import type { Journal } from '../store/journal.js';
import type { Store } from '../store/store.js';
import { loadSegmentDirectory, messageOf } from './load-segments.js';
import { isFaultOfMachine, MachineFault } from './machine-fault.js';
import { judgeForm, judgeOf, segmentDirectoriesIn } from './recovery-verdict.js';

/** What one round of recovery took over. */
export interface Recovery {
  readonly directories: number;
  /** Spans, log records and metrics. */
  readonly items: number;
  /** Bytes that are no record; their files are kept in `corrupt/`. */
  readonly corruptBytes: number;
}

interface RecoverOptions {
  readonly root: string;
  readonly journal: Journal;
  readonly stores: Readonly<Record<Signal, Store>>;
  readonly ports: SpoolPorts;
  readonly workers: KnownWorkers;
  /** Of the spans that are ended here. */
  readonly account: Account;
  readonly warn: Warn;
}

/**
 * Takes over every directory whose owner is gone and queues what is not acknowledged in it. Ownership passes by renaming the
 * directory into the own one: of two recovering processes one succeeds, and if this process dies too, the next finds it inside.
 * Each directory is judged alone: one that cannot be used is set aside with its reason, and hinders none of the others.
 * Resolves when all is queued, not when it is sent. Never rejects: what a full disk or too many open files keep it from
 * taking over is there for the next process that recovers, and the warning says so.
 */
export async function recover(options: RecoverOptions): Promise<Recovery> {
  const { root, journal, ports, warn } = options;
  const sum = { directories: 0, items: 0, corruptBytes: 0 };
  if (!ports.fs.existsSync(root) || !journal.isUsable()) return sum;
  try {
    const judge = judgeOf(ports, options.workers);
    for (const name of segmentDirectoriesIn(root, ports.fs)) {
      await takeOver(name, judge, options, sum);
      await new Promise<void>((resolve) => ports.defer(resolve));
    }
  } catch (error) {
    const text = `what earlier workers have left in the spool waits for the next one: ${messageOf(error)}`;
    warn(text, `Make ${root} readable and writable, and give it room; see also ulimit -n.`);
  }
  const aside = journal.quarantine.describe();
  if (aside)
    warn(
      aside,
      `See reasons.log in ${journal.quarantine.dir}; delete there what is of no use to you.`,
      'spool-set-aside',
    );
  return sum;
}

type Sum = { -readonly [Key in keyof Recovery]: Recovery[Key] };

async function takeOver(name: string, judge: ReturnType<typeof judgeOf>, options: RecoverOptions, sum: Sum) {
  const { root, journal } = options;
  const path = join(root, name);
  const dir = await alone(path, options, () => {
    const verdict = judge(path, name);
    if (verdict.type === 'set-aside') journal.quarantine.put(path, verdict.why);
    return verdict.type === 'take' ? takeDirectory(path, options) : undefined;
  });
  if (dir === undefined) return;
  const inside = (await alone(dir, options, () => nested(dir, options))) ?? [];
  for (const directory of [...inside, dir]) await alone(directory, options, () => queue(directory, options, sum));
}

/** What goes wrong with one directory is that directory's own; a fault of the machine gives it back and ends the round. */
async function alone<T>(path: string, { journal, ports, root }: RecoverOptions, act: () => T | Promise<T>) {
  try {
    return await act();
  } catch (error) {
    if (!isFaultOfMachine(error)) {
      journal.quarantine.put(path, messageOf(error));
      return undefined;
    }
    const back = join(root, basename(path));
    if (path !== back) ports.fs.renameSync(path, back);
    throw error;
  }
}

/** The directory's new path, or undefined if somebody else was faster. Throws what the disk throws. */
function takeDirectory(path: string, { journal, ports }: RecoverOptions): string | undefined {
  const to = join(ownDirOf(journal), basename(path));
  try {
    ports.fs.renameSync(path, to);
    return to;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function ownDirOf(journal: Journal): string {
  try {
    return journal.ownDirectory().dir;
  } catch (error) {
    throw new MachineFault(messageOf(error), { cause: error }); // not the fault of what was to be taken over
  }
}

/** Directories that a dead process had recovered become direct ones, so that paths do not grow with each death. */
function nested(dir: string, options: RecoverOptions): string[] {
  const { journal, ports } = options;
  return segmentDirectoriesIn(dir, ports.fs).flatMap((name) => {
    const from = join(dir, name);
    const { verdict } = judgeForm(from, name, ports.fs);
    if (verdict.type === 'set-aside') journal.quarantine.put(from, verdict.why);
    const to = verdict.type === 'take' ? takeDirectory(from, options) : undefined;
    return to === undefined ? [] : [...nested(to, options), to];
  });
}

/** Queues what one recovered directory holds. Throws what the disk throws. */
async function queue(dir: string, options: RecoverOptions, sum: Sum): Promise<void> {
  const { journal, stores, ports, workers, account } = options;
  const { quarantine } = journal;
  const { directory, entries, corruptBytes } = await loadSegmentDirectory(dir, {
    ports,
    account,
    ends: workers.ends,
    quarantine,
  });
  sum.directories++;
  sum.corruptBytes += corruptBytes;
  journal.recovering.add(directory);
  for (const entry of entries) {
    sum.items += entry.items;
    stores[entry.signal].recover([entry]);
  }
  if (directory.segments.size === 0) journal.finishRecovery(directory);
}
