import type { Pm2Field } from './pm2-field.js';

const AGENT = "It is part of pm2's own agent; telemetry here is OpenTelemetry.";

/** What belongs to pm2 itself. */
export const PM2_FIELDS = [
  ignored('pmx', ['boolean', 'string'], AGENT, [false, 'false']),
  ignored('automation', ['boolean'], AGENT, [false]),
  ignored('trace', ['boolean'], AGENT, [false]),
  {
    ...ignored('disable_trace', ['boolean'], '', []),
    treatment: 'honoured',
    ours: 'nothing to do',
    doc: 'There is none.',
  },
  ignored('v8', ['boolean'], AGENT, [false]),
  ignored('event_loop_inspector', ['boolean'], AGENT, [false]),
  ignored('deep_monitoring', ['boolean'], AGENT, [false]),
  ignored('io', ['object'], AGENT, []),
  ignored('vizion', ['boolean'], 'pm2 reads the repository by it; nothing here does.', [false]),
  ignored('install_url', ['string'], 'It belongs to modules of pm2.', []),
  ignored('post_update', ['array'], 'It belongs to the dashboard of pm2.', []),
  ignored('username', ['string'], 'pm2 writes it itself; `uid` says who runs the app.', []),
  ignored('write', ['boolean'], 'pm2 keeps the command line in a file by it.', [false]),
  ignored('execute_command', ['boolean'], 'A script of another language is run as a process without it.', [false]),
  ignored('windowsHide', ['boolean'], 'kf-cluster does not run on Windows.', [true, false]),
] as const satisfies readonly Pm2Field[];

function ignored(name: string, types: Pm2Field['types'], doc: string, harmless: readonly unknown[]): Pm2Field {
  return { name, types, treatment: 'ignored', ours: '', doc, harmless };
}
