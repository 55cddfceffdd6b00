/** What ends with a cluster, in this order, when its last worker is reaped. What each does: `open` in session.ts. */
const ENDS = [
  'cron',
  'watch',
  /** What the last workers have left in the spool is sent. */
  'leftovers',
  /** onExit of the primary's hooks. */
  'hooks',
  'files',
  /** Name, pidfile, control and admin port: its servers would keep this process, and the next start waits for them. */
  'places',
] as const;

/** What each step does with the exit code. */
export type ClusterEnd = Readonly<Record<(typeof ENDS)[number], (code: number) => void | Promise<void>>>;

/**
 * One that throws keeps none behind it from being done; what the first one threw is thrown at the end.
 *
 * @param say what the others threw, each
 */
export async function endInOrder(steps: ClusterEnd, code: number, say: (error: unknown) => void): Promise<void> {
  const errors: unknown[] = [];
  for (const name of ENDS) {
    try {
      await steps[name](code);
    } catch (error) {
      errors.push(error);
    }
  }
  const [first, ...others] = errors;
  for (const error of others) say(error);
  if (errors.length > 0) throw first;
}
