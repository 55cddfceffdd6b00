import type { Config } from '../config/types.js';
import type { Policy } from '../core/types.js';

/** The part of the configuration that the core decides by. */
export function policyOf(config: Config): Policy {
  return {
    bootTimeout: config.bootTimeoutMs,
    drainTimeout: config.drainTimeoutMs,
    flushTimeout: config.flushTimeoutMs,
    drainDelay: config.drainDelayMs,
    backoff: { initial: config.backoff.initialMs, max: config.backoff.maxMs },
    minUptime: config.minUptimeMs,
    maxRestarts: config.maxRestarts,
    restartWindow: config.restartWindowMs,
    canaryTime: config.canaryTimeMs,
    maxSurge: config.maxSurge,
    maxUnavailable: config.maxUnavailable,
    restart: config.restart,
    stopExitCodes: config.stopExitCodes,
    moveConnections: config.moveConnections,
    lingers: config.watch ? 'failed' : config.cronRestart === undefined ? 'no' : 'ended',
  };
}
