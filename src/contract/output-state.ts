/** What was thrown away. */
export interface Dropped {
  readonly lines: number;
  readonly bytes: number;
}

/** How it stands with what is written. */
export interface OutputState {
  readonly file: string | undefined;
  /** Why the log file is not written, or not rotated. */
  readonly problem: string | undefined;
  /** Because a file could not be written or a reader did not read. */
  readonly dropped: Dropped;
}
