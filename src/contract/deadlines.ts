/** A worker's preShutdown hooks have that long at least, in milliseconds, also when the drain has used up its time. */
export const HOOK_MINIMUM = 1_000;
