/** What a primary listens to. SIGUSR1 is never trapped: it starts Node's inspector. docs/SIGNALS.md says what each does. */
export const PRIMARY_SIGNALS = ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP', 'SIGTTIN', 'SIGTTOU', 'SIGUSR2'] as const;
export type PrimarySignal = (typeof PRIMARY_SIGNALS)[number];

/** What each of them does here: a signal without a row does not compile. */
type SignalHandlers = Readonly<Record<PrimarySignal, () => void>>;

/** @returns takes the handlers away */
export function trap(handlers: SignalHandlers): () => void {
  for (const signal of PRIMARY_SIGNALS) process.on(signal, handlers[signal]);
  return () => {
    for (const signal of PRIMARY_SIGNALS) process.off(signal, handlers[signal]);
  };
}
