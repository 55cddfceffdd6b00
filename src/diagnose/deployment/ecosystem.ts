import { splitArgs } from '../../config/args.js';
import { isRecord } from '../../contract/record-guard.js';
import { literals, type Workload } from './workload.js';

/** pm2's own kill_timeout. */
const PM2_GRACE_MS = 1_600;

/** The apps of an ecosystem file of pm2, as they are written. */
export function readEcosystemApps(file: string, apps: readonly Record<string, unknown>[]): Workload[] {
  return apps.map((app) => {
    const given = typeof app.kill_timeout === 'number' ? app.kill_timeout : undefined;
    const nodeArgs = wordsOf(app.node_args ?? app.interpreter_args);
    return {
      platform: 'pm2',
      file,
      name: String(app.name ?? app.script),
      env: literals(
        Object.fromEntries(
          Object.entries(isRecord(app.env) ? app.env : {}).map(([name, value]) => [name, String(value)]),
        ),
      ),
      command: [String(app.script ?? ''), ...wordsOf(app.args)],
      shell: false,
      graceMs: given ?? PM2_GRACE_MS,
      graceDefault: given === undefined,
      fields: { nodeArgs, cluster: isCluster(app), instances: app.instances },
    };
  });
}

/** As pm2 decides it. */
function isCluster({ exec_mode: mode, instances }: Record<string, unknown>): boolean {
  return mode === undefined ? instances !== undefined : !String(mode).startsWith('fork');
}

function wordsOf(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.map(String);
  return typeof value === 'string' ? (splitArgs(value) ?? [value]) : [];
}
