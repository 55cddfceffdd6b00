/** Processes and threads that the app starts itself would inherit the preload with `process.execArgv`. */
export function hidePreload(flag: '--import' | '--require'): void {
  const at = process.execArgv.lastIndexOf(flag);
  if (at >= 0) process.execArgv.splice(at, 2);
}
