/** The collector as the last request found it. */
export type CollectorState = 'there' | 'busy' | 'away' | 'refusing';

export interface FlushScope {
  /** Waits for records of dead workers too. Default: false. */
  readonly recovered?: boolean;
  /**
   * Another process sends what this one leaves on disk: a flush need not wait for a collector that is away. Default: false,
   * it waits until its deadline, as the collector may come back before that.
   */
  readonly othersSend?: boolean;
}

/** For a collector that was away when the flush began, and that may hold back its next try, in milliseconds. */
export const LAST_TRY_MS = 500;
