import type { Setting } from './contender.js';
import { environment, type Tracing } from './environment.js';
import { type Program, path, run } from './program.js';

/** `kf-cluster start` as users run it; `manual` leaves the SERVER span to the app. */
export function kfCluster(setting: Setting, serverSpan: Tracing['serverSpan'], flags: readonly string[] = []): Program {
  const env = environment(setting, { sdk: false, serverSpan });
  const telemetry = setting.tracing ? (serverSpan === 'auto' ? [] : ['--no-auto-instrumentation']) : ['--no-telemetry'];
  const app = path('bench/apps/app.cjs');
  const name = `bench-${setting.port}`; // several may run at once, each with a port of its own
  const args = [path('dist/bundle/bin.cjs'), 'start', app, '-w', String(setting.workers), '--name', name];
  return run(process.execPath, [...args, ...telemetry, ...flags], env);
}
