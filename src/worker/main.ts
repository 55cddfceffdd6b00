import { isMainThread } from 'node:worker_threads';
import { takeBoot } from './boot.js';

// Preloaded with `--import` into every worker, in front of the app, which stays the process's own main module. The
// app's own forks and threads inherit the preload, but not the boot message: they are none of our business.
const boot = isMainThread ? takeBoot(process.env) : undefined;
if (boot) {
  const { bootWorker } = await import('./run.js');
  await bootWorker(boot);
}
