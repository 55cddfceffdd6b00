import { KfError, toKfError } from '../contract/errors.js';
import { appsThatRun } from './apps-that-run.js';
import { type Argument, allRemotes, type Remote, remote } from './remote.js';

/**
 * The supervisors that a command line means: one, several names, `all`, or those that run the apps of an ecosystem file.
 *
 * @throws KfError BAD_FLAG, NOT_RUNNING, UNKNOWN_NAME, WHICH_ONE, UNREACHABLE, CONFIG_*
 */
export async function targets(argv: Argument): Promise<readonly Remote[]> {
  const names = [argv.supervisor ?? []].flat().map(String);
  if (argv.name === undefined && argv.pidfile === undefined && names.length === 1) {
    const apart = await appsThatRun(names.join(), argv);
    if (apart) return apart;
    const all = names[0] === 'all' ? await allRemotes() : [];
    if (all.length > 0 && !all.some(({ identity }) => identity.name === 'all')) return all;
  }
  if (names.length < 2) return [await remote({ ...argv, supervisor: names[0] })];
  const found: Remote[] = [];
  for (const name of new Set(names)) found.push(await remote({ ...argv, supervisor: name }));
  return found;
}

/** As `targets`; of a command line that names none, all that run. */
export async function targetsOrAll(argv: Argument): Promise<readonly Remote[]> {
  try {
    return await targets(argv);
  } catch (error) {
    if (error instanceof KfError && error.code === 'WHICH_ONE') return allRemotes();
    throw error;
  }
}

/**
 * Does it with one after the other. One that fails is reported, and the others are done all the same.
 *
 * @returns the exit code of the first that failed
 */
export async function withEach(all: readonly Remote[], act: (one: Remote) => Promise<number>): Promise<number> {
  const [only, ...others] = all;
  if (only && others.length === 0) return act(only);
  let first = 0;
  for (const one of all) {
    const code = await reported(one, act);
    first ||= code;
  }
  return first;
}

/** The same side by side. */
export async function withAll(all: readonly Remote[], act: (one: Remote) => Promise<number>): Promise<number> {
  const [only, ...others] = all;
  if (only && others.length === 0) return act(only);
  const codes = await Promise.all(all.map((one) => reported(one, act)));
  return codes.find((code) => code !== 0) ?? 0;
}

async function reported(one: Remote, act: (one: Remote) => Promise<number>): Promise<number> {
  try {
    return await act(one);
  } catch (error) {
    const known = toKfError(error);
    process.stderr.write(`${one.identity.name}: ${known.render()}`);
    return known.exitCode;
  }
}
