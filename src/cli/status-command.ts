import type { FullStatus } from '../contract/control-protocol.js';
import { completeStatus } from '../control/complete-status.js';
import { slotOf } from './control-flags.js';
import { print } from './print.js';
import { type Argument, remote } from './remote.js';
import { renderStatus } from './render-status.js';
import { renderWorker } from './render-worker.js';
import { overdraw, screenOf } from './screen.js';

/** How often --watch looks, in milliseconds. */
export const EVERY = 1_000;

/** `kf-cluster status` */
export async function status(argv: Argument): Promise<number> {
  for (;;) {
    const supervisor = await remote(argv);
    const now = completeStatus(await supervisor.call<FullStatus>({ path: '/v1/status' }));
    const screen = screenOf(process.stdout, process.env);
    const text = argv.json === true ? `${JSON.stringify(now)}\n` : renderStatus(now, screen);
    if (argv.watch !== true) {
      await print(text);
      return 0;
    }
    if (!(await print(overdraw(text, screen)))) return 0;
    await new Promise((resolve) => setTimeout(resolve, EVERY));
  }
}

/** `kf-cluster describe <slot>`; or of a whole app by its name, as pm2 has it. */
export async function describe(argv: Argument): Promise<number> {
  const isName = !/^\d+$/.test(String(argv.slot));
  if (isName && argv.supervisor === undefined) return status({ ...argv, supervisor: argv.slot });
  const wanted = slotOf(argv.slot);
  const supervisor = await remote(argv);
  const { workers } = await supervisor.call<FullStatus>({ path: '/v1/status' });
  const here = workers.filter(({ slot }) => slot === wanted);
  if (here.length === 0) {
    const { KfError } = await import('../contract/errors.js');
    const slots = [...new Set(workers.map(({ slot }) => slot))].sort((a, b) => a - b); // in a reload each may be there twice
    throw new KfError('BAD_REQUEST', `there is no slot ${wanted}`, `the slots are ${slots.join(', ') || 'none'}`, {
      fix: 'A number is the slot of a worker; apps have names: kf-cluster list',
    });
  }
  const screen = screenOf(process.stdout, process.env);
  await print(
    argv.json === true ? `${JSON.stringify(here)}\n` : here.map((one) => renderWorker(one, screen)).join('\n'),
  );
  return 0;
}
