import { visible } from '../contract/visible.js';
import { type Finding, SEVERITIES, type Severity } from './check.js';
import { SYMPTOMS } from './symptoms.js';

/** What `doctor` says, as data. */
export interface Report {
  readonly version: 1;
  readonly script: string | null;
  readonly directory: string;
  /** Ids of the checks that were made. */
  readonly checks: readonly string[];
  readonly findings: readonly Finding[];
  readonly summary: Readonly<Record<Severity, number>>;
}

export function reportOf(
  place: Pick<Report, 'script' | 'directory'>,
  checks: readonly string[],
  findings: readonly Finding[],
): Report {
  const sorted = SEVERITIES.flatMap((severity) => findings.filter((one) => one.severity === severity));
  const count = (severity: Severity) => findings.filter((one) => one.severity === severity).length;
  const summary = { error: count('error'), warning: count('warning'), information: count('information') };
  return { version: 1, ...place, checks, findings: sorted, summary };
}

/** For a terminal: the worst last would scroll away, so it comes first. */
export function renderReport({ directory, script, checks, findings, summary }: Report, color: boolean): string {
  const head = `kf-cluster doctor  ${visible(script ?? directory)}\n\n`;
  const body = findings.map((one) => renderFinding(one, color)).join('\n');
  const counts = `${plural(summary.error, 'error')}, ${plural(summary.warning, 'warning')}, ${summary.information} for information`;
  return `${head}${body}${body === '' ? '' : '\n'}${checks.length} checks: ${counts}\n`;
}

const COLORS: Readonly<Record<Severity, string>> = { error: '31', warning: '33', information: '36' };

function renderFinding({ id, severity, symptom, what, why, fix, next }: Finding, color: boolean): string {
  const title = color ? `\u001b[${COLORS[severity]}m${severity}\u001b[0m` : severity;
  const lines = [
    `${title} ${id}: ${visible(what)}`,
    `  symptom: ${SYMPTOMS[symptom]}`,
    `  why: ${visible(why)}`,
    `  fix: ${visible(fix)}`,
    ...(next === undefined ? [] : [`  next: ${visible(next)}`]),
  ];
  return `${lines.join('\n')}\n`;
}

function plural(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
