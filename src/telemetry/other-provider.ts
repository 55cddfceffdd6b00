import { setTimeout as delay } from 'node:timers/promises';
import type { WorkerProvider } from '../../hooks/types.js';
import type { Log } from '../contract/log.js';
import { eventLog } from '../contract/log-events.js';
import { API_GLOBAL, processWide } from '../contract/process-wide.js';
import { loadedFiles, withdrawInstrumentations } from './instrumentations.js';
import { reportOtherAgents } from './other-agents.js';
import { type Registration, watchRegistrations } from './registrations.js';

const STEPS_BACK = 'telemetry steps back: the app has a tracer provider of its own';
let other: Registration | undefined;
let end: (() => void) | undefined;

/** What the app has registered beside ours, or in place of it. */
export function otherProvider(): Registration | undefined {
  return other;
}

/** Whether a tracer provider is registered in this process. */
export function hasProvider(): boolean {
  return registered() !== undefined;
}

/** What `--telemetry=auto` does about a provider that is there before ours. */
export function stepBackAtOnce(log: Log): void {
  eventLog(log, 'telemetry-steps-back').info(STEPS_BACK, { by: 'a preload or a hooks file' });
}

/**
 * Looks out for a provider that the app registers, until `endWatch`.
 *
 * @param yields whether it takes the place of ours; our instrumentations are taken out of the process then
 * @param atOnce whether one that does not is warned of as it happens; else `reportInstrumentations` does
 */
export function watchProvider(
  log: Log,
  { yields, atOnce }: { readonly yields: boolean; readonly atOnce: boolean },
): void {
  end?.();
  end = watchRegistrations({
    yields,
    onProvider: (registration) => {
      if (other?.taken) return;
      other = registration;
      if (!registration.taken) {
        if (atOnce) reportOtherAgents(log, loadedFiles(), registration);
        return;
      }
      withdrawInstrumentations();
      eventLog(log, 'telemetry-steps-back').info(STEPS_BACK, { by: registration.by });
    },
  });
}

export function endWatch(): void {
  end?.();
  end = undefined;
}

/** The one that is global in place of ours. */
export function takenProvider(): WorkerProvider | undefined {
  return other?.taken ? registered() : undefined;
}

/** Lets a provider that took the place of ours send what it has. @param deadline on performance.now() */
export async function flushOther(deadline: number, log: Log): Promise<void> {
  try {
    const sent = takenProvider()?.forceFlush?.();
    await Promise.race([sent, delay(Math.max(0, deadline - performance.now()), undefined, { ref: false })]);
  } catch (error) {
    log.warn("the app's tracer provider could not send its last spans", { why: String(error) });
  }
}

function registered(): WorkerProvider | undefined {
  const trace = processWide[API_GLOBAL]?.trace;
  const found = trace?.getDelegate?.() ?? trace;
  return found && isProvider(found) ? found : undefined;
}

function isProvider(one: object): one is WorkerProvider {
  return 'getTracer' in one && typeof one.getTracer === 'function';
}
