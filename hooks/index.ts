export { onPostFork, onPreShutdown, onWorkerReady } from './app.js';
export type * from './types.js';
