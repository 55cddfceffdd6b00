import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';
import type { StallReport } from '../../src/contract/stall.js';
import { createStallReader } from '../../src/supervisor/stall-reader.js';

const FIXTURES = new URL('../../../test/fixtures/watchdog/', import.meta.url);

export interface Watched {
  readonly process: ChildProcess;
  readonly reports: readonly StallReport[];
  send(what: object): void;
  /** Sends an order to block, and waits until it begins to. */
  order(what: object): Promise<void>;
  /** The first report of that type, past or to come. */
  report(type: StallReport['type']): Promise<StallReport>;
  /** The next message. */
  message(): Promise<unknown>;
  /** All of stderr, once every process that can write to it has ended. */
  stderr(): Promise<string>;
}

/** A fixture with a watchdog in it, ready; killed when the test ends. */
export async function startWatched(
  t: ExecutionContext,
  options: object,
  how: { fixture?: string; node?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<Watched> {
  const file = fileURLToPath(new URL(how.fixture ?? 'worker.mjs', FIXTURES));
  const child = spawn(how.node ?? process.execPath, [file, JSON.stringify(options)], {
    stdio: ['pipe', 'ignore', 'pipe', 'ipc', 'pipe'],
    env: { ...process.env, ...how.env },
  });
  t.teardown(() => void child.kill('SIGKILL'));
  const reports: StallReport[] = [];
  const read = createStallReader((report) => {
    reports.push(report);
    child.emit('report', report);
  });
  (child.stdio[4] as NodeJS.ReadableStream).on('data', read);
  const chunks: Buffer[] = [];
  child.stderr?.on('data', (chunk: Buffer) => chunks.push(chunk));
  const closed = once(child.stderr!, 'close');
  const message = async () => (await once(child, 'message'))[0] as unknown;
  await message();
  return {
    process: child,
    reports,
    send: (what) => void child.send(what),
    order: async (what) => {
      const begun = message();
      child.send(what);
      await begun;
    },
    message,
    report: async (type) => {
      for (;;) {
        const found = reports.find((report) => report.type === type);
        if (found) return found;
        await once(child, 'report');
      }
    },
    stderr: async () => {
      await closed;
      return Buffer.concat(chunks).toString();
    },
  };
}
