import type { Check } from './check.js';
import { SETUP_CHECKS } from './checks/index.js';
import { COLLECTOR_CHECKS } from './collector/collector-checks.js';
import { COLLECTOR_CONFIG_CHECKS } from './collector/collector-config.js';
import { LINTS } from './lints/index.js';
import { LIVE_CHECKS } from './live/live-checks.js';
import { SYMPTOMS } from './symptoms.js';

/** docs/DOCTOR.md, from the tables of checks. */
export function doctorMarkdown(): string {
  const tables: readonly [string, Readonly<Record<string, Check<never>>>][] = [
    ['Set-up', SETUP_CHECKS],
    ['Collector', COLLECTOR_CHECKS],
    ['`--collector-config`', COLLECTOR_CONFIG_CHECKS],
    ['`--live NAME`', LIVE_CHECKS],
  ];
  const sections = tables.map(([title, checks]) => [`## ${title}`, '', ...rowsOf(checks), '']);
  return `${[...INTRO, ...sections.flat(), ...lintSection()].join('\n').trimEnd()}\n`;
}

function rowsOf(checks: Readonly<Record<string, Check<never>>>): string[] {
  const rows = Object.entries(checks).map(
    ([id, { severity, about, symptom }]) =>
      `| \`${id}\` | ${severity} | ${about.replaceAll('|', '\\|')} | ${SYMPTOMS[symptom]} |`,
  );
  return ['| Check | Severity | What it finds | Symptom |', '|---|---|---|---|', ...rows];
}

function lintSection(): string[] {
  const rows = Object.entries(LINTS).map(
    ([id, { severity, about }]) => `| \`${id}\` | ${severity} | ${about.replaceAll('|', '\\|')} |`,
  );
  return ['## Lints', '', ...LINT_INTRO, '', '| Lint | Severity | What it finds |', '|---|---|---|', ...rows, ''];
}

const LINT_INTRO = [
  'What is wrong with spans as such, whoever made them. A finding names the service, a few spans and the ids of traces that',
  'show it; values of attributes never stand in it. `doctor --live NAME` looks at the spans that start and end within',
  '`--seconds` (10): whole traces, 500 spans a worker. A worker pays for it only while it is looked at.',
];

const INTRO = [
  '# Doctor',
  '',
  '<!-- Generated from src/diagnose by `npm run docs`. Do not edit. -->',
  '',
  '`kf-cluster doctor [script]` examines the set-up of an app: its packages, its code, its variables, the files that deploy it,',
  'this machine, and the collector. Each finding says what, why, how to mend it, and the next command to type. It takes the',
  'options of `start`, so it looks at what that would run with.',
  '',
  '```sh',
  'kf-cluster doctor app.js                      # everything',
  'kf-cluster doctor app.js --offline --strict   # in CI: nobody is asked, a warning fails it too',
  'kf-cluster doctor app.js --json               # as data',
  'kf-cluster doctor --collector-config otelcol.yaml',
  'kf-cluster doctor --live shop                 # a supervisor that runs: what it says of itself, and its spans',
  '```',
  '',
  'Exit codes: 0 no error · 1 an error, with `--strict` a warning too · 2 usage. Ids are stable. Values of secrets are never',
  'shown: headers, keys and what stands in the query of a URL are named, and taken out of every text in every encoding.',
  '',
  'Nothing is changed, and no code of the app is run but its config file. Instrumentation packages of the app are loaded in a',
  'process of their own, for an ES module app with the libraries that they are for. In the spool directory a file is written,',
  'synced, renamed and removed.',
  '',
  'The collector is asked what a worker would ask it, 3 s a step and 4.5 s in all: its name, each address, the TLS handshake,',
  'an empty request, one real span; where no one speaks the protocol, the other one there and at 4317 and 4318, without the',
  'headers. `test-span` has the trace id to look for.',
  '',
];
