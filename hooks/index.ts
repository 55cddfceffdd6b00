export { onDraining, onPostFork, onPreShutdown, onWorkerReady } from './app-hooks.js';
export { type TelemetryOptions, telemetry } from './telemetry.js';
export type * from './types.js';
