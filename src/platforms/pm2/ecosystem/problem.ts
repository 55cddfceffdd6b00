/** One thing that is wrong with one field. */
export interface Problem {
  readonly field: string;
  /** What is wrong with it, and what was expected. */
  readonly text: string;
}
