/** Long beyond what anything here takes, and before ava gives up on all that run. Milliseconds. */
const SLOW = 75_000;

/** Says what a test is still waiting for: of one that never ends ava tells no more than its title. */
export async function tellIfSlow<T>(work: Promise<T>, what: () => string): Promise<T> {
  const timer = setTimeout(() => console.error(`still waiting after ${SLOW / 1000} s: ${what()}`), SLOW);
  timer.unref();
  try {
    return await work;
  } finally {
    clearTimeout(timer);
  }
}
