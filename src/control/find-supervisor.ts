import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { API, type Identity } from '../contract/control-protocol.js';
import { KfError } from '../contract/errors.js';
import { codeOf } from '../contract/system-error.js';
import { distrustOfPrivate } from '../system/trusted-dir.js';
import { controlPlace, socketPath } from './control-dir.js';
import { identify } from './identify.js';
import { readPid } from './pidfile.js';

/** A socket, and who answers there; undefined when its supervisor does not. */
export interface Found {
  readonly path: string;
  readonly identity: Identity | undefined;
}

interface Wanted {
  readonly name?: string | undefined;
  readonly pidfile?: string | undefined;
}

/**
 * The supervisor that is meant: by name, by pidfile, or the only one there is.
 *
 * @throws KfError NOT_RUNNING, UNKNOWN_NAME, WHICH_ONE, UNREACHABLE or BUILD_MISMATCH
 */
export async function findSupervisor(wanted: Wanted): Promise<{ path: string; identity: Identity }> {
  const { path, identity } = choose(await listSupervisors(), wanted);
  if (identity) {
    refuseOtherApi(identity);
    return { path, identity };
  }
  throw new KfError('UNREACHABLE', `the supervisor at ${path} does not answer`, 'it accepts no call, or says nothing');
}

/** What it would answer to any call is in a form that this build does not know. */
function refuseOtherApi({ api, name, pid }: Identity): void {
  if (api === API) return;
  const why = `it speaks version ${api} of the control protocol, and this kf-cluster version ${API}`;
  const fix = `Use the kf-cluster that it was started with; kill -TERM ${pid} stops it without the control socket.`;
  throw new KfError('BUILD_MISMATCH', `the supervisor ${name} is of another release`, why, { fix });
}

/** All supervisors of this user that live, in order of their names. */
export async function listSupervisors(): Promise<Found[]> {
  const { dir } = controlPlace();
  if (dir === undefined) return [];
  const found = await Promise.all(socketsIn(dir).map((file) => look(join(dir, file))));
  return found
    .filter((one) => one !== undefined)
    .sort((a, b) => (a.identity?.name ?? a.path).localeCompare(b.identity?.name ?? b.path));
}

function socketsIn(dir: string): string[] {
  try {
    if (distrustOfPrivate(dir) !== undefined) return []; // what others could have put there is not called
    return readdirSync(dir).filter((file) => file.endsWith('.sock') && isOurs(join(dir, file)));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}

function isOurs(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.uid === process.getuid?.();
}

async function look(path: string): Promise<Found | undefined> {
  try {
    return { path, identity: await identify(path) };
  } catch (error) {
    const gone = error instanceof KfError && /ECONNREFUSED|ENOENT/.test(error.why);
    return gone ? undefined : { path, identity: undefined };
  }
}

function choose(all: readonly Found[], { name, pidfile }: Wanted): Found {
  if (pidfile !== undefined) return byPid(all, pidfile);
  if (all.length === 0) throw new KfError('NOT_RUNNING', 'nothing runs', 'no supervisor of this user has a socket');
  const names = all.map((one) => one.identity?.name ?? one.path).join(', ');
  if (name !== undefined) {
    const { dir } = controlPlace();
    const path = dir && socketPath(dir, name);
    const found = all.find((one) => one.identity?.name === name || one.path === path);
    if (found) return found;
    throw new KfError('UNKNOWN_NAME', `no supervisor is called ${name}`, `these run: ${names}`);
  }
  const [only, ...others] = all;
  if (only && others.length === 0) return only;
  throw new KfError('WHICH_ONE', 'there are several supervisors', `these run: ${names}`);
}

function byPid(all: readonly Found[], pidfile: string): Found {
  const pid = readPid(pidfile);
  if (pid === undefined) throw new KfError('NOT_RUNNING', 'nothing runs', `there is no pid in ${pidfile}`);
  const found = all.find(({ identity }) => identity?.pid === pid);
  if (found) return found;
  throw new KfError('NOT_RUNNING', 'nothing runs', `no supervisor of this user has pid ${pid}, as ${pidfile} says`);
}
