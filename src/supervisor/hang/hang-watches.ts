import type { Config } from '../../config/types.js';
import { createLivenessProbe, type LivenessProbe } from '../liveness-probe.js';
import { createHangWatch, type HangWatch, type HangWatchParts } from './hang-watch.js';

interface HangWatchesParts extends Pick<HangWatchParts, 'onReport'> {
  readonly ports: HangWatchParts['ports'];
  /** Sends a question that a worker's main loop answers. */
  ask(id: number): void;
  onHung(id: number): void;
}

/** Whose event loop does not turn, each by the timeout of its own generation. */
export interface HangWatches {
  watch(id: number, pid: number, config: Pick<Config, 'hangTimeoutMs' | 'hangStack'>): void;
  answered(id: number, debugged: boolean): void;
  /** Its channel is broken: only its signs of life show it now. */
  cannotAnswer(id: number): void;
  forget(id: number): void;
}

/** By the signs of life that workers leave; where they cannot leave any, they are asked. */
export function createHangWatches({ ports, onReport, ask, onHung }: HangWatchesParts): HangWatches {
  const watches = new Map<string, HangWatch>();
  const probes = new Map<number, LivenessProbe>();
  return {
    watch: (id, pid, { hangTimeoutMs: timeoutMs, hangStack: stack }) => {
      if (timeoutMs === 0) return;
      if (ports.signsOfLife() === undefined) {
        const probe = probes.get(timeoutMs) ?? createLivenessProbe({ ports, timeoutMs, ask, onHung });
        probes.set(timeoutMs, probe);
        return probe.watch(id);
      }
      const key = `${timeoutMs} ${stack}`;
      const watch = watches.get(key) ?? createHangWatch({ ports, timeoutMs, stack, onReport });
      watches.set(key, watch);
      watch.watch(id, pid);
    },
    answered: (id, debugged) => {
      for (const probe of probes.values()) probe.answered(id, debugged);
    },
    cannotAnswer: (id) => {
      for (const probe of probes.values()) probe.forget(id);
    },
    forget: (id) => {
      for (const probe of probes.values()) probe.forget(id);
      for (const watch of watches.values()) watch.forget(id);
    },
  };
}
