import { isMainThread } from 'node:worker_threads';
import { readFacts } from '../platforms/pm2/preload/pm2-facts.js';
import { chooseAsyncContext } from '../worker/node-internals/async-context.js';
import { keepTickShape } from '../worker/node-internals/tick-shape.js';

// `node_args: ['--import', <path of kf-cluster/pm2>]` in an app of pm2: hooks, telemetry, drain and flush of our own
// workers in pm2's. Outside pm2, in the app's own child processes and threads, it does nothing.
const facts = isMainThread && process.env.KF_WORKER_SLOT === undefined ? readFacts(process.env) : undefined;
if (facts) {
  keepTickShape();
  chooseAsyncContext();
  const { startUnderPm2 } = await import('../platforms/pm2/preload/start-under-pm2.js');
  await startUnderPm2(facts);
}

export type { Pm2Facts } from '../platforms/pm2/preload/pm2-facts.js';
