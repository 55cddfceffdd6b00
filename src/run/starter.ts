import { isRecord } from '../contract/record-guard.js';

/** Set by `start --daemon` for the process that it starts: whoever waits for the start hears what no file can take. */
const STARTER_ENV = 'KF_CLUSTER_STARTER';

/** What `start --daemon` receives beside `ready`. */
interface StarterMessage {
  readonly 'kf-cluster-start': string;
}

/** The environment that makes a process send it. */
export const STARTER = { [STARTER_ENV]: '1' } as const;

let waits: boolean | undefined;

/** Sends it to whoever waits for this start, if anybody does. Nothing happens otherwise. */
export function notifyStarter(text: string): void {
  waits ??= process.env[STARTER_ENV] === '1';
  delete process.env[STARTER_ENV]; // what the app starts is none of its business
  if (!waits || !process.connected || text === '') return;
  process.send?.({ 'kf-cluster-start': text } satisfies StarterMessage, undefined, undefined, () => undefined);
}

export function isStarterMessage(message: unknown): message is StarterMessage {
  return isRecord(message) && typeof message['kf-cluster-start'] === 'string';
}
