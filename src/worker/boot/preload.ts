import { isMainThread } from 'node:worker_threads';
import { chooseAsyncContext } from '../node-internals/async-context.js';
import { keepTickShape } from '../node-internals/tick-shape.js';
import { takeBoot } from './boot-message.js';
import { waitForRelease } from './standby-gate.js';

// Preloaded with `--import` into every worker, in front of the app, which stays the process's own main module. The
// app's own forks and threads inherit the preload, but not the boot message: they are none of our business.
const boot = isMainThread ? takeBoot(process.env) : undefined;
if (boot) {
  keepTickShape();
  chooseAsyncContext();
  const { bootWorker, warmUp } = await import('#bundle/worker-run');
  if (boot.held) {
    await warmUp(boot);
    waitForRelease();
  }
  await bootWorker(boot);
}
