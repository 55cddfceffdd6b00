import { basename, join } from 'node:path';
import { programArgs } from '../../contract/program-words.js';
import { BUNDLED } from '../../system/held-files.js';
import type { Draft } from './ecosystem/pm2-field.js';
import { readinessOfProcess } from './ecosystem/readiness.js';
import type { Program } from './programs.js';

/** What a process that is not Node's can do nothing with, by pm2's name. */
const WITHOUT_EFFECT = ['wait_ready', 'max_memory_restart', 'shutdown_with_message'] as const;

/**
 * Makes an app one whose workers run a program that is not Node's: restarts, logs, watch, cron and stop are those of any app;
 * there is neither a shared port nor telemetry.
 */
export function asProcess(draft: Draft, { command, script }: Program, args: readonly string[]) {
  const { app, options, notes, warnings } = draft;
  const by = command[0] === undefined ? 'by the system' : `by ${command[0]}`;
  notes.push({
    field: 'script',
    text: `is ${/\s/.test(script) ? script : basename(script)}: run ${by}, as a process without cluster and telemetry`,
  });
  for (const field of WITHOUT_EFFECT) {
    if (app[field] !== undefined && app[field] !== false)
      warnings.push({ field, text: 'is ignored: it is for programs of Node' });
  }
  const { maxMemory: _, ...kept } = options;
  for (const key of Object.keys(options)) delete options[key];
  Object.assign(options, kept, {
    telemetry: false,
    ready: readinessOfProcess(draft),
    heap: 'off',
    hangStack: false,
    hangTimeout: 0,
    shutdownMessage: false,
    nodeArgs: [],
  });
  return { script: RUNNER, args: programArgs(command, script, args) };
}

/** What a worker runs in place of the program: it starts that, and ends with it. */
const RUNNER = join(import.meta.dirname, BUNDLED ? 'run-program.cjs' : './run-program.js');
