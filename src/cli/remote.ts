import { resolve } from 'node:path';
import type { Identity } from '../contract/control-protocol.js';
import { KfError } from '../contract/errors.js';
import { type Call, call } from '../control/client.js';
import { findSupervisor, listSupervisors } from '../control/find-supervisor.js';
import type { Argument } from './control-flags.js';

export type { Argument };

/** A supervisor that runs, to be called. */
export interface Remote {
  readonly identity: Identity;
  call<T, Line = unknown>(what: Call<Line>): Promise<T>;
}

/**
 * The supervisor that the command line means.
 * @throws KfError BAD_FLAG, NOT_RUNNING, UNKNOWN_NAME, WHICH_ONE or UNREACHABLE
 */
export async function remote(argv: Argument): Promise<Remote> {
  refuseTwo(argv);
  const pidfile = textOf(argv.pidfile ?? process.env.KF_CLUSTER_PIDFILE);
  const name = textOf(argv.name ?? argv.supervisor ?? process.env.KF_CLUSTER_NAME);
  const byPidfile = pidfile !== undefined && (argv.pidfile !== undefined || name === undefined);
  const { path, identity } = await findSupervisor(byPidfile ? { pidfile: resolve(pidfile) } : { name });
  return { identity, call: (what) => call(path, what) };
}

/** All supervisors of this user that answer. */
export async function allRemotes(): Promise<readonly Remote[]> {
  const found = await listSupervisors();
  return found.flatMap(({ path, identity }): Remote[] =>
    identity ? [{ identity, call: (what) => call(path, what) }] : [],
  );
}

function refuseTwo({ supervisor, name, pidfile }: Argument): void {
  const other = name ?? pidfile;
  if (supervisor === undefined || other === undefined) return;
  throw new KfError('BAD_FLAG', `the supervisor is said twice: ${supervisor} and ${other}`, 'only one can be meant', {
    fix: 'Say once which: by its name or by --pidfile.',
  });
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
