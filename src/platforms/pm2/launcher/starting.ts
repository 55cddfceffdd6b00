import { isRecord } from '../../../contract/record-guard.js';

/** Set by `start ecosystem.config.js --daemon` for the launcher that it puts into the background. */
const BACKGROUND_ENV = 'KF_CLUSTER_BACKGROUND';

/** What makes the process that it is given to a launcher in the background. */
export const BACKGROUND = { [BACKGROUND_ENV]: '1' } as const;

/** How the start of one app has ended. */
export interface LaunchedApp {
  readonly name: string;
  readonly pid?: number | undefined;
  /** Its exit code where it has ended, before it was ready or after; absent: it is ready. */
  readonly code?: number | undefined;
}

interface LaunchedMessage {
  readonly 'kf-cluster-launched': readonly LaunchedApp[];
}

let background = false;

/** Whether this process is a launcher in the background. What it starts must not take itself for one. */
export function takeBackground(): boolean {
  background ||= process.env[BACKGROUND_ENV] === '1';
  delete process.env[BACKGROUND_ENV];
  return background;
}

/** Reports to whoever waits for the start, if anybody does. */
export function announceLaunched(apps: readonly LaunchedApp[]): void {
  if (!background) return;
  process.send?.({ 'kf-cluster-launched': apps } satisfies LaunchedMessage, undefined, undefined, () => undefined);
}

/** Undefined for any other message. */
export function launchedOf(message: unknown): readonly LaunchedApp[] | undefined {
  const apps = isRecord(message) ? message['kf-cluster-launched'] : undefined;
  return Array.isArray(apps) ? apps : undefined;
}
