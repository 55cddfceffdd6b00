import { isMainThread } from 'node:worker_threads';
import { chooseAsyncContext } from './async-context.js';
import { readFacts } from './under-pm2/facts.js';

// `node_args: ['--import', <path of kf-cluster/pm2>]` in an app of pm2: hooks, telemetry, drain and flush of our own
// workers in pm2's. Outside pm2, in the app's own child processes and threads, it does nothing.
const facts = isMainThread && process.env.KF_WORKER_SLOT === undefined ? readFacts(process.env) : undefined;
if (facts) {
  chooseAsyncContext();
  const { startUnderPm2 } = await import('./under-pm2/start.js');
  await startUnderPm2(facts);
}

export type { Pm2Facts } from './under-pm2/facts.js';
