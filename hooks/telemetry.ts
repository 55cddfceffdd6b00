import type { TelemetryOptions } from '../src/telemetry/built-in-options.js';
import type { FlushContext, Telemetry } from '../src/telemetry/index.js';
import { observe } from '../src/worker/node-internals/emitters.js';
import type { WorkerHooks } from './types.js';

export type { TelemetryOptions } from '../src/telemetry/built-in-options.js';

/** Milliseconds between a worker's readiness and the loading of its exporter. */
const WARM_AFTER = 500;

/**
 * The built-in telemetry: a provider for each worker, built after its fork and flushed before its end; what it cannot
 * deliver waits in the spool, and is sent by a sibling or a successor. It uses nothing
 * but the public hook API; a pair of your own may stand in its place.
 */
export function telemetry(options: TelemetryOptions = {}): WorkerHooks {
  let running: Telemetry | undefined;
  let recording: Promise<unknown> = Promise.resolve();
  return {
    async postFork(worker) {
      // Not before the fork, and not in the primary: the SDK is loaded only where spans are made.
      const { startTelemetry } = await import('#bundle/telemetry');
      running = await startTelemetry(worker, options);
      if (!running) return;
      worker.register(running.provider, running.others);
      if (running.scrape) worker.exposeMetrics(running.scrape);
      worker.report(running.account);
      worker.exposeInstrumentations(running.instrumentations);
      if (running.look) worker.exposeSpans(running.look);
      // Every way out that leaves no time for a flush: process.exit, an uncaught error, a deadline that has passed.
      observe(process, 'exit', () => running && worker.report(running.close()));
    },
    onWorkerReady(worker) {
      const warm = () =>
        running?.warm().catch((error) => worker.log.error('exporter not loaded', { why: String(error) }));
      // One worker speaks for all: they load the same.
      const loaded = () => worker.slot === 0 && running?.reportProblems();
      setTimeout(() => {
        void warm();
        loaded();
      }, WARM_AFTER).unref();
    },
    async onRecover(worker, workers) {
      try {
        await running?.recover(workers);
      } catch (error) {
        worker.log.warn('the spans of workers that are gone stay in the spool', { why: String(error) });
      }
    },
    async onLifecycle(_worker, spans) {
      const mine = running?.record(spans);
      // One that fails is said here, and keeps no flush from being made.
      recording = Promise.allSettled([recording, mine]).then(() => undefined);
      await mine;
    },
    onDraining() {
      running?.hurry();
    },
    async preShutdown(worker, context: FlushContext) {
      if (!running) return;
      await recording;
      const { account, gaveUp } = await running.flush(context);
      worker.report(account, { gaveUp });
    },
  };
}
