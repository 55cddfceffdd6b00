import type { Debugger, InspectorNotification, Runtime, Session } from 'node:inspector';

/** How many calls are read. */
const DEPTH = 20;
/** How long one call's text may be, in characters: a bundler's function names and paths have no bound. */
const WIDTH = 300;

/** What blocks the main thread; `debugged` when a debugger holds it, which is nobody's business but the user's. */
export type BlockedStack =
  | { readonly kind: 'frames'; readonly frames: readonly string[] }
  | { readonly kind: 'none'; readonly why: string }
  | { readonly kind: 'debugged' };

/**
 * Reads the calls the main thread is in, from another thread. It stops the main thread for a few milliseconds, which
 * works while that runs JavaScript, in the midst of a regular expression too; a main thread inside a native call is
 * waited for until `timeout` (milliseconds).
 */
export async function readBlockedStack(timeout: number): Promise<BlockedStack> {
  // Not by import: with loader hooks registered an import may need the main thread, which is blocked.
  const inspector = process.getBuiltinModule('node:inspector');
  if (!inspector) return { kind: 'none', why: 'this node has no inspector' };
  const session = new inspector.Session();
  session.connectToMainThread();
  let timer: NodeJS.Timeout | undefined;
  const native = new Promise<BlockedStack>((resolve) => {
    const why =
      'it is inside a native call (a synchronous child process, file or JSON operation), its stack out of reach';
    timer = setTimeout(() => resolve({ kind: 'none', why }), timeout);
  });
  const stack = pauseAndRead(session).catch((error: Error): BlockedStack => ({ kind: 'none', why: error.message }));
  const result = await Promise.race([stack, native]);
  clearTimeout(timer);
  session.disconnect(); // takes a pause that is still asked for back
  return result;
}

async function pauseAndRead(session: Session): Promise<BlockedStack> {
  const urls = new Map<string, string>();
  session.on('Debugger.scriptParsed', ({ params }: InspectorNotification<Debugger.ScriptParsedEventDataType>) => {
    urls.set(params.scriptId, params.url);
  });
  let heldBefore = false;
  const paused = new Promise<Debugger.CallFrame[]>((resolve) => {
    session.once('Debugger.paused', ({ params }: InspectorNotification<Debugger.PausedEventDataType>) => {
      heldBefore = !asked;
      resolve(params.callFrames);
    });
  });
  let asked = false;
  await post(session, 'Debugger.enable');
  asked = true;
  await post(session, 'Debugger.pause');
  const callFrames = await paused;
  const debugged = await hasDebugger(session);
  if (!heldBefore) await post(session, 'Debugger.resume');
  if (debugged) return { kind: 'debugged' };
  return { kind: 'frames', frames: callFrames.slice(0, DEPTH).map((frame) => renderFrame(frame, urls)) };
}

/** A debugger that was opened (SIGUSR1) after the main thread's last heartbeat shows only here. */
async function hasDebugger(session: Session): Promise<boolean> {
  const expression = "process.getBuiltinModule('node:inspector').url() !== undefined";
  const { result } = await post<Runtime.EvaluateReturnType>(session, 'Runtime.evaluate', { expression });
  return result.value === true;
}

function post<Result>(session: Session, method: string, params: object = {}): Promise<Result> {
  return new Promise((resolve, reject) => {
    session.post(method, params, (error: Error | null, result?: object) => {
      if (error) reject(error);
      else resolve(result as Result);
    });
  });
}

function renderFrame({ functionName, location }: Debugger.CallFrame, urls: ReadonlyMap<string, string>): string {
  const file = decode(urls.get(location.scriptId) || '<anonymous>');
  const at = `${file}:${location.lineNumber + 1}:${(location.columnNumber ?? 0) + 1}`;
  return `${functionName.slice(0, WIDTH) || '<anonymous>'} (${at.slice(-WIDTH)})`;
}

/** ES modules have URLs, CommonJS ones paths: an editor opens paths. */
function decode(url: string): string {
  return url.startsWith('file://') ? decodeURIComponent(url.slice('file://'.length)) : url;
}
