/**
 * What is patched: process.reallyExit, in the last moment of a worker. Why: Node's exit waits for its threads, and one in
 * getaddrinfo(3) takes as long as the resolver has patience, ten seconds and more where no DNS server answers. The worker, which
 * has done all that it had to, would stay until the primary kills it. Which Node versions: all.
 */

const LOOKUPS: ReadonlySet<string> = new Set(['GetAddrInfoReqWrap', 'GetNameInfoReqWrap']);

/** As it was before any app could replace it. */
const exit = process.exit.bind(process);

/** How long a lookup may yet take, in milliseconds: the answer of a server that is there comes sooner. */
const PATIENCE = 500;
/** From one look to the next; no event comes at the end of an app's lookup. */
const LOOK = 10;

/** Settles when no name of a host is being looked up, with true, or when that takes long. */
export async function lookupsEnded(): Promise<boolean> {
  for (let left = PATIENCE; left > 0 && isLookingUp(); left -= LOOK) {
    await new Promise((resolve) => setTimeout(resolve, LOOK));
  }
  return !isLookingUp();
}

function isLookingUp(): boolean {
  return process.getActiveResourcesInfo().some((name) => LOOKUPS.has(name));
}

/** Ends this process: with the code, or by SIGKILL where the name of a host is being looked up. Listeners of `exit` are called. */
export function exitNow(code: number): never {
  if (isLookingUp()) {
    Object.assign(process, { reallyExit: () => process.kill(process.pid, 'SIGKILL') });
  }
  return exit(code);
}
