import type { Symptom } from './symptoms.js';

/** How much it matters, worst first. Only errors make `doctor` fail; with --strict warnings do too. */
export const SEVERITIES = ['error', 'warning', 'information'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** What a check has found, once. No value of a secret stands in it. */
export interface Problem {
  readonly what: string;
  readonly why: string;
  readonly fix: string;
  /** The command to type next. */
  readonly next?: string;
}

/** One row of a table of checks; its key is its id, which is stable. */
export interface Check<F> {
  readonly severity: Severity;
  readonly symptom: Symptom;
  /** What it looks for, for the docs. */
  readonly about: string;
  find(facts: F): readonly Problem[] | Promise<readonly Problem[]>;
}

export type Checks<F> = Readonly<Record<string, Check<F>>>;

/** A problem with the row that found it. */
export interface Finding extends Problem {
  readonly id: string;
  readonly severity: Severity;
  readonly symptom: Symptom;
}

/**
 * Runs all checks of a table. One that fails on a set-up that it did not foresee must not hide what the others find: it is a
 * finding of its own.
 */
export async function runChecks<F>(checks: Checks<F>, facts: F): Promise<Finding[]> {
  const found = await Promise.all(
    Object.entries(checks).map(async ([id, { severity, symptom, find }]): Promise<Finding[]> => {
      try {
        return (await find(facts)).map((problem) => ({ id, severity, symptom, ...problem }));
      } catch (error) {
        return [failed(id, error)];
      }
    }),
  );
  return found.flat();
}

function failed(id: string, error: unknown): Finding {
  return {
    id: 'check-failed',
    severity: 'warning',
    symptom: 'validation',
    what: `the check ${id} could not be made`,
    why: error instanceof Error ? error.message : String(error),
    fix: 'This is a defect of kf-cluster: please report it with this text.',
  };
}
