import type { setTimeout as Delay } from 'node:timers/promises';
import { type InspectorSession, openInspector } from './inspector-socket.js';
import { loopbackPorts, socketsOf } from './listening-ports.js';
import { catchesSigusr1 } from './process-state.js';

/** Loaded when a worker hangs: a primary holds it in memory otherwise. */
const delay: typeof Delay = (...args) => process.getBuiltinModule('node:timers/promises').setTimeout(...args);

/** How many calls are read. */
const DEPTH = 20;
/** How long one call's text may be, in characters: a bundler's function names and paths have no bound. */
const WIDTH = 300;
/** How often it is looked whether the inspector is open, in milliseconds. */
const LOOK_EVERY = 15;
/** How often, once nobody waits for it, in milliseconds. */
const LOOK_AGAIN = 1_000;
/** How long whoever listens may take to say whether it is an inspector, in milliseconds. */
const PROBE = 300;

/** What blocks the main thread; `debugged` when a debugger may hold it, which is nobody's business but the user's. */
export type BlockedStack =
  | { readonly kind: 'frames'; readonly frames: readonly string[] }
  | { readonly kind: 'none'; readonly why: string }
  | { readonly kind: 'debugged' };

interface CallFrame {
  readonly functionName: string;
  readonly location: { readonly scriptId: string; readonly lineNumber: number; readonly columnNumber?: number };
}

const NATIVE =
  'it is inside a native call (a synchronous child process, file or JSON operation), its stack out of reach';
/** Not with the loop's first turn: Node asks for the inspector on several ways at once, and what comes late opens it again. */
const OPEN_NO_MORE =
  "setImmediate(() => setTimeout(() => process.getBuiltinModule('node:inspector').close(), 100).unref())";

/**
 * Reads the calls that the main thread of another process is in: SIGUSR1 opens that one's inspector, on a port of the
 * kernel's choice and for this machine alone. It stops the main thread for a few milliseconds, which works while that runs
 * JavaScript, in the midst of a regular expression too; one inside a native call opens nothing until `timeout`
 * (milliseconds). The inspector is closed again soon after the loop turns.
 */
export async function readBlockedStack(pid: number, timeout: number): Promise<BlockedStack> {
  if (!catchesSigusr1(pid)) return { kind: 'none', why: 'its inspector cannot be opened from outside' };
  const before = loopbackPorts(pid);
  const deadline = performance.now() + timeout;
  try {
    process.kill(pid, 'SIGUSR1');
    const port = await newPort(pid, before, deadline);
    if (port === undefined) {
      if (await hasInspector(before)) return { kind: 'debugged' };
      void closeWhenItOpens(pid, before);
      return { kind: 'none', why: NATIVE };
    }
    return await withDeadline(readThrough(port), deadline);
  } catch (error) {
    return { kind: 'none', why: error instanceof Error ? error.message : String(error) };
  }
}

/** A native call that returns lets the signal in: the inspector then opens for nobody. Waits for that, or the process's end. */
async function closeWhenItOpens(pid: number, before: ReadonlyMap<string, number>): Promise<void> {
  try {
    for (;;) {
      await delay(LOOK_AGAIN, undefined, { ref: false });
      process.kill(pid, 0); // throws when it has ended
      const opened = [...loopbackPorts(pid)].find(([inode]) => !before.has(inode));
      if (!opened) continue;
      const session = await openInspector(opened[1]);
      await session.post('Runtime.evaluate', { expression: OPEN_NO_MORE });
      return session.close();
    }
  } catch {
    // It has ended, and its inspector with it.
  }
}

/** The port that it listens on now and did not before; undefined when there is none until the deadline. */
async function newPort(
  pid: number,
  before: ReadonlyMap<string, number>,
  deadline: number,
): Promise<number | undefined> {
  while (performance.now() < deadline) {
    for (const [inode, port] of loopbackPorts(pid)) if (!before.has(inode)) return port;
    await delay(LOOK_EVERY);
  }
  return undefined;
}

/** Whether one of these is an inspector that was open before. Sockets that this process holds too are shared servers. */
async function hasInspector(ports: ReadonlyMap<string, number>): Promise<boolean> {
  const shared = socketsOf('self');
  const suspects = [...ports].filter(([inode]) => !shared.has(inode));
  const probe = async (port: number) => {
    const session = await Promise.race([openInspector(port), delay(PROBE)]).catch(() => undefined);
    session?.close();
    return session !== undefined;
  };
  return (await Promise.all(suspects.map(([, port]) => probe(port)))).includes(true);
}

async function readThrough(port: number): Promise<BlockedStack> {
  const session = await openInspector(port);
  try {
    return await pauseAndRead(session);
  } finally {
    session.close();
  }
}

async function pauseAndRead(session: InspectorSession): Promise<BlockedStack> {
  const urls = new Map<string, string>();
  session.on<{ scriptId: string; url: string }>('Debugger.scriptParsed', ({ scriptId, url }) =>
    urls.set(scriptId, url),
  );
  const paused = session.event<{ callFrames: CallFrame[] }>('Debugger.paused');
  await session.post('Debugger.enable');
  await session.post('Debugger.pause');
  const { callFrames } = await paused;
  await session.post('Runtime.evaluate', { expression: OPEN_NO_MORE });
  await session.post('Debugger.resume');
  return { kind: 'frames', frames: callFrames.slice(0, DEPTH).map((frame) => renderFrame(frame, urls)) };
}

async function withDeadline(stack: Promise<BlockedStack>, deadline: number): Promise<BlockedStack> {
  const ended = new AbortController();
  const late = delay(Math.max(0, deadline - performance.now()), undefined, { signal: ended.signal }).then(
    (): BlockedStack => ({ kind: 'none', why: NATIVE }),
  );
  late.catch(() => undefined); // taken back: the stack came first
  stack.catch(() => undefined); // it comes too late, when the session is closed
  return Promise.race([stack, late]).finally(() => ended.abort());
}

function renderFrame({ functionName, location }: CallFrame, urls: ReadonlyMap<string, string>): string {
  const at = `${decode(urls.get(location.scriptId) || '<anonymous>')}:${location.lineNumber + 1}:${(location.columnNumber ?? 0) + 1}`;
  return `${functionName.slice(0, WIDTH) || '<anonymous>'} (${at.slice(-WIDTH)})`;
}

/** ES modules have URLs, CommonJS ones paths: an editor opens paths. */
function decode(url: string): string {
  return url.startsWith('file://') ? decodeURIComponent(url.slice('file://'.length)) : url;
}
