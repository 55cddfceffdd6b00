import type { Pm2Field } from './pm2-field.js';

const AGENT = "It is part of pm2's own agent; telemetry here is OpenTelemetry. Say false, or remove it.";

/** What belongs to pm2 itself. */
export const PM2_FIELDS = [
  refused('pmx', ['boolean', 'string'], AGENT, [false, 'false']),
  refused('automation', ['boolean'], AGENT, [false]),
  refused('trace', ['boolean'], AGENT, [false]),
  {
    ...refused('disable_trace', ['boolean'], '', []),
    treatment: 'honoured',
    ours: 'nothing to do',
    doc: 'There is none.',
  },
  refused('v8', ['boolean'], AGENT, [false]),
  refused('event_loop_inspector', ['boolean'], AGENT, [false]),
  refused('deep_monitoring', ['boolean'], AGENT, [false]),
  refused('io', ['object'], AGENT, []),
  refused('vizion', ['boolean'], 'pm2 reads the repository by it; nothing here does. Say false, or remove it.', [
    false,
  ]),
  refused('install_url', ['string'], 'It belongs to modules of pm2. Remove it.', []),
  refused('post_update', ['array'], 'It belongs to the dashboard of pm2. Remove it.', []),
  refused('username', ['string'], 'pm2 writes it itself; `uid` says who runs the app. Remove it.', []),
  refused('write', ['boolean'], 'pm2 keeps the command line in a file by it. Remove it.', [false]),
  refused('execute_command', ['boolean'], 'A command of the shell has no workers. Name a script of Node.', [false]),
  refused('windowsHide', ['boolean'], 'kf-cluster does not run on Windows. Remove it.', [true, false]),
] as const satisfies readonly Pm2Field[];

function refused(name: string, types: Pm2Field['types'], doc: string, harmless: readonly unknown[]): Pm2Field {
  return { name, types, treatment: 'refused', ours: '', doc, harmless };
}
