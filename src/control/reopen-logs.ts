import type { ControlContext } from './control-context.js';

/**
 * Opens anew what the supervisor writes, and has the workers do the same with what they write by themselves. Returns the
 * paths; undefined when there are none.
 * @throws KfError LOG_FILE for a file of the supervisor
 */
export function reopenLogs({ output, supervisor }: Pick<ControlContext, 'output' | 'supervisor'>): string | undefined {
  const ofWorkers = supervisor.reopenFiles();
  const files = [output.reopen(), ofWorkers].filter((file) => file !== undefined);
  return files.length === 0 ? undefined : files.join(', ');
}
