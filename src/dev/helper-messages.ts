import type { Counts } from './span-store.js';

/** Receiver process to primary. */
export type HelperMessage =
  | { readonly type: 'listening'; readonly grpcUrl: string; readonly httpUrl: string }
  | { readonly type: 'summary'; readonly counts: Counts };

/** Primary to receiver process: finish the open traces, answer with the summary, exit. */
export type HelperRequest = { readonly type: 'finish' };
