import type { FullStatus } from '../contract/control-protocol.js';
import type { ControlContext } from './control-context.js';

/** The supervisor's own view, and what each worker says of itself. Asks the workers: half a second at most. */
export async function fullStatus({ supervisor, startedAt, output }: ControlContext): Promise<FullStatus> {
  const stats = await supervisor.ask('stats');
  const status = supervisor.status();
  return {
    ...status,
    uptimeMs: performance.now() - startedAt,
    leaving: status.phase === 'leaving',
    output: output.state(),
    connections: supervisor.connections(),
    workers: status.workers.map((one) => {
      const own = stats.get(one.id);
      return { ...one, ...(own && { stats: own }) };
    }),
  };
}
