/** Processes and threads that the app starts itself would inherit the preload with `process.execArgv`. */
export function hidePreload(): void {
  // Ours is the last one, whichever form it has.
  const at = Math.max(process.execArgv.lastIndexOf('--import'), process.execArgv.lastIndexOf('--require'));
  if (at >= 0) process.execArgv.splice(at, 2);
}
