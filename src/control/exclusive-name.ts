import { type BigIntStats, lstatSync, unlinkSync } from 'node:fs';
import net from 'node:net';
import { joinArgs } from '../config/args.js';
import { KfError, toKfError } from '../contract/errors.js';
import { codeOf, messageOf } from '../contract/system-error.js';
import { controlPlace, prepareDir, socketPath } from './control-dir.js';
import { identify } from './identify.js';

/** The socket of a supervisor, or none; and why it is not where it was to be. */
export interface HeldName {
  /** Undefined when there is none. */
  readonly path: string | undefined;
  readonly why: string | undefined;
  /** False once somebody has removed it, or put another in its place. */
  isThere(): boolean;
  /** Listens anew, where the socket of this name belongs by now. Returns why not; what somebody else has there is left alone. */
  takeAgain(): Promise<string | undefined>;
}

/** Where it listens, or why not there. */
interface Place {
  readonly path: string | undefined;
  readonly why: string | undefined;
}

/**
 * Takes the name of a supervisor by listening on its socket, before anything is forked. Returns why there is no socket
 * when this machine or another user does not let us have one; the cluster can run without.
 *
 * @throws KfError NAME_IN_USE with who owns it; nothing of the owner is disturbed
 */
export async function acquireName(name: string, server: net.Server): Promise<HeldName> {
  const first = await take(name, server);
  let { path } = first;
  let own = inodeOf(path);
  return {
    get path() {
      return path;
    },
    why: first.why,
    isThere: () => own !== undefined && inodeOf(path) === own,
    takeAgain: async () => {
      // Node removes the file of a socket that it closes, by its name.
      if (inodeOf(path) !== undefined) return `${path} is the socket of another one`;
      own = undefined;
      server.close();
      const again = await take(name, server).catch(failed);
      path = again.path ?? path;
      own = inodeOf(again.path);
      return own === undefined ? again.why : undefined;
    },
  };
}

function failed(error: unknown): Place {
  return { path: undefined, why: toKfError(error).why };
}

function inodeOf(path: string | undefined): bigint | undefined {
  try {
    return path === undefined ? undefined : statOf(path)?.ino;
  } catch {
    return undefined; // a directory in its path that cannot be entered any more
  }
}

async function take(name: string, server: net.Server): Promise<Place> {
  const { dir, why } = controlPlace();
  if (dir === undefined) return { path: undefined, why };
  const problem = prepareDir(dir);
  if (problem !== undefined) return { path: undefined, why: problem };
  const path = socketPath(dir, name);
  const foreign = await clearStale(name, path);
  if (foreign !== undefined) return { path: undefined, why: foreign };
  const error = await listen(server, path);
  if (!error) return { path, why };
  if (error.code === 'EADDRINUSE') throw await inUse(name, path); // another one started just now
  return { path: undefined, why: error.message };
}

/** Removes a socket on which nobody listens any more. Returns why it may not. */
async function clearStale(name: string, path: string): Promise<string | undefined> {
  const before = statOf(path);
  if (!before) return undefined;
  if (!before.isSocket() || before.uid !== BigInt(process.getuid?.() ?? -1)) {
    return `${path} is not a socket of this user`;
  }
  if (await isAnswered(path)) throw await inUse(name, path);
  // Only the one that was tried: another supervisor may have put its own there meanwhile.
  const now = statOf(path);
  if (!now || now.ino !== before.ino || now.ctimeNs !== before.ctimeNs) return undefined;
  try {
    unlinkSync(path);
    return undefined;
  } catch (error) {
    return messageOf(error); // a file system that has become read-only
  }
}

function statOf(path: string): BigIntStats | undefined {
  return lstatSync(path, { bigint: true, throwIfNoEntry: false });
}

/** Whether somebody listens there, even if busy: only a refusal proves that nobody does. */
function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error) => resolve(!['ECONNREFUSED', 'ENOENT'].includes(codeOf(error) ?? '')));
  });
}

async function inUse(name: string, path: string): Promise<KfError> {
  const owner = await identify(path).catch(() => undefined);
  const who = owner ? `process ${owner.pid} runs ${owner.script} under it` : `somebody listens on ${path}`;
  const named = `--name ${joinArgs([name])}`;
  const fix = owner
    ? `New code for that one: kf-cluster reload ${named}. To end it: kf-cluster stop ${named}. Or give this one another --name.`
    : `It does not answer: see who it is with ss -xlp, and end that process. Or give this one another --name.`;
  return new KfError('NAME_IN_USE', `the name ${name} is in use`, who, { fix });
}

function listen(server: net.Server, path: string): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    server.once('error', resolve);
    // The file is made within this call, and must never have been open to others.
    const umask = process.umask(0o177);
    server.listen(path, () => {
      server.off('error', resolve);
      resolve(undefined);
    });
    process.umask(umask);
  });
}
