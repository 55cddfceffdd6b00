import { constants } from 'node:os';
import type { SignalBody } from '../contract/control-protocol.js';
import { counted } from '../contract/counted.js';
import { KfError } from '../contract/errors.js';
import { slotOf } from './control-flags.js';
import { print } from './print.js';
import { type Argument, remote } from './remote.js';
import { targets, withEach } from './targets.js';

/** `kf-cluster scale <N|+N|-N>` */
export async function scale(argv: Argument): Promise<number> {
  const match = /^([+-]?)(\d+)$/.exec(String(argv.workers));
  if (!match) {
    const fix = 'See kf-cluster scale --help';
    throw new KfError('BAD_FLAG', `scale to ${argv.workers}`, 'expected a number of workers, +N or -N', { fix });
  }
  const number = Number(match[2]);
  const body = match[1] === '' ? { workers: number } : { by: match[1] === '-' ? -number : number };
  const supervisor = await remote(argv);
  const { from, to } = await supervisor.call<{ from: number; to: number }>({ method: 'POST', path: '/v1/scale', body });
  await print(
    from === to
      ? `there ${to === 1 ? 'is' : 'are'} ${counted(to, 'worker')} already\n`
      : `from ${from} to ${counted(to, 'worker')}\n`,
  );
  return 0;
}

/** `kf-cluster stop [name..|all|file] [--force]`: returns when the last worker is reaped and the name is free. */
export async function stop(argv: Argument): Promise<number> {
  const body = { force: argv.force === true };
  return withEach(await targets(argv), async (supervisor) => {
    await supervisor.call({ method: 'POST', path: '/v1/stop', body, patience: 0 });
    await print(`${supervisor.identity.name} stopped\n`);
    return 0;
  });
}

/** `kf-cluster signal <SIG> [--worker N]` */
export async function signal(argv: Argument): Promise<number> {
  const body: SignalBody = {
    signal: signalOf(String(argv.signal)),
    ...(argv.worker === undefined ? {} : { slot: slotOf(argv.worker) }),
  };
  const supervisor = await remote(argv);
  const { pids } = await supervisor.call<{ pids: number[] }>({ method: 'POST', path: '/v1/signal', body });
  await print(`${body.signal} sent to ${pids.join(', ')}\n`);
  return 0;
}

function signalOf(given: string): string {
  const name = given.toUpperCase().replace(/^(?!SIG)/, 'SIG');
  if (Object.hasOwn(constants.signals, name)) return name;
  throw new KfError('BAD_FLAG', `${given} is no signal`, 'this system has none of that name', { fix: 'See kill -l' });
}
