export { onDraining, onPostFork, onPreShutdown, onWorkerReady } from './app.js';
export { type TelemetryOptions, telemetry } from './telemetry.js';
export type * from './types.js';
