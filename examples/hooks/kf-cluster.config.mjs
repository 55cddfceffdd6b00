// Configuration and hooks in one file, as in Gunicorn; found by its name next to the app:
//   kf-cluster start examples/hooks/app.cjs
// The primary and every worker read this file. So nothing heavy stands at its top, and no SDK: that is loaded in
// postFork, after the fork, once for each worker.

export const workers = 2;
export const drainTimeout = '10s';
// This file brings a provider of its own. Without this line the built-in one is there as well, and yours wins.
export const telemetry = false;

// In the primary.

export function onStarting({ name, workers }) {
  console.log(`onStarting ${name} workers=${workers}`);
}

/** What it returns is added to that worker's environment. */
export function preFork({ slot, generation }) {
  console.log(`preFork slot=${slot} generation=${generation}`);
  return { DATABASE_SHARD: `shard-${slot}` };
}

export function onReady({ workers }) {
  console.log(`onReady workers=${workers}`);
}

export function onWorkerExit({ slot, code, signal, reason }) {
  console.log(`onWorkerExit slot=${slot} code=${code} signal=${signal} reason=${reason}`);
}

export function onScale({ from, to }) {
  console.log(`onScale from=${from} to=${to}`);
}

export function onReload({ generation, outcome }) {
  console.log(`onReload generation=${generation} outcome=${outcome}`);
}

export function onExit({ code }) {
  console.log(`onExit code=${code}`);
}

// In each worker.

let provider;

/** Gunicorn's post_fork: the provider is made here, in the process that uses it. The app starts when this settles. */
export async function postFork(worker) {
  const { createProvider } = await import('./provider.mjs');
  provider = createProvider(worker);
  worker.register(provider);
  worker.log.info('postFork', { shard: process.env.DATABASE_SHARD });
}

export function onWorkerReady(worker) {
  worker.log.info('onWorkerReady');
}

/** After the drain: requests are finished, so their spans have ended. `deadline` is on the clock of performance.now(). */
export async function preShutdown(worker, { reason, deadline }) {
  worker.log.info('preShutdown', { reason, seconds: Math.round((deadline - performance.now()) / 1000) });
  await provider?.forceFlush();
}
