import { createRequire } from 'node:module';
import type { WorkerBoot } from '../../config/boot-messages.js';
import { chooseAsyncContext } from '../node-internals/async-context.js';
import { holdMain } from '../node-internals/hold-main.js';
import { keepTickShape } from '../node-internals/tick-shape.js';
import { takeBoot } from './boot-message.js';
import { waitForRelease } from './standby-gate.js';

// Preloaded with `--require` instead of preload.ts where Node loads the app as CommonJS. With any `--import` Node takes it through
// its ES module loader, which costs each worker time and memory, and knows nothing of modules that were preloaded with `--require`
// to load the app, such as ts-node/register. A thread has no channel: see plain-preload.ts.
const boot = process.send ? takeBoot(process.env) : undefined;
if (boot) {
  keepTickShape();
  chooseAsyncContext();
  holdMain(start(boot));
  // As in plain-preload.ts.
  delete createRequire(import.meta.filename).cache[import.meta.filename];
}

async function start(boot: WorkerBoot): Promise<void> {
  const { bootWorker, warmUp } = await import('#bundle/worker-run');
  if (boot.held) {
    await warmUp(boot);
    waitForRelease();
  }
  await bootWorker(boot);
}
