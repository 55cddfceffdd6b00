/** A worker's preShutdown hooks have that long at least, in milliseconds, also when the drain has used up its time. */
export const HOOK_MINIMUM = 1_000;

/** What a worker's end was ordered with, in milliseconds. */
export interface EndLimits {
  readonly drain: number;
  readonly flush: number;
}

/** What a step adds to the longest end, in milliseconds; the exits by force come behind the sum. */
type Longest = (limits: EndLimits) => number;

const within: Longest = () => 0;

/**
 * The steps of a worker's end, in their order, each with its longest time. What each does: STEPS in worker/exit/exit.ts. Of an
 * app that ends by itself the hooks alone are left.
 */
export const END_STEPS = {
  /** The primary hears of it. */
  announce: within,
  /** Within the drain's time. */
  'stop-accepting': within,
  /** What it leaves of its time, and HOOK_MINIMUM at least, is that of the app's preShutdown hooks. */
  drain: ({ drain }) => Math.max(drain, HOOK_MINIMUM),
  /** The flush of the built-in telemetry is the last of them; then comes the account to the primary. */
  hooks: ({ flush }) => flush,
  /** Within the margin of the exit by force. */
  'write-output': within,
} as const satisfies Readonly<Record<string, Longest>>;

export type EndStepName = keyof typeof END_STEPS;

/** How long all steps together may take, in milliseconds. */
export function longestEnd(limits: EndLimits): number {
  return Object.values<Longest>(END_STEPS).reduce((sum, longest) => sum + longest(limits), 0);
}
