import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { type Checks, type Finding, runChecks } from '../../src/diagnose/check.js';
import { SETUP_CHECKS } from '../../src/diagnose/checks/index.js';
import { COLLECTOR_CHECKS } from '../../src/diagnose/collector/collector-checks.js';
import { COLLECTOR_CONFIG_CHECKS } from '../../src/diagnose/collector/collector-config.js';
import { doctorMarkdown } from '../../src/diagnose/docs.js';
import { LINTS } from '../../src/diagnose/lints/index.js';
import { LIVE_CHECKS } from '../../src/diagnose/live/live-checks.js';
import { LINT_SYMPTOMS } from '../../src/diagnose/live/spans.js';
import { renderReport, reportOf } from '../../src/diagnose/render.js';
import { SYMPTOMS } from '../../src/diagnose/symptoms.js';
import { troubleshootingMarkdown } from '../../src/diagnose/troubleshooting.js';
import { root } from '../helpers/run-node.js';

const PROBLEM = { what: 'it is off', why: 'it was set so', fix: 'Unset it.' };
const check = (find: () => unknown) =>
  ({ severity: 'error', symptom: 'no-traces', about: 'x', find }) as unknown as Checks<undefined>[string];
const finding = (fields: Partial<Finding>): Finding => ({
  ...{ id: 'one', severity: 'error', symptom: 'no-traces', ...PROBLEM },
  ...fields,
});

test('a check that throws, at once or later, hides nothing of what the others find', async (t) => {
  const found = await runChecks<undefined>(
    {
      thrown: check(() => {
        throw new TypeError('unforeseen');
      }),
      good: check(() => [PROBLEM]),
      rejected: check(() => Promise.reject('a text')),
      none: check(() => []),
      later: check(() => Promise.resolve([{ ...PROBLEM, next: 'run it' }, PROBLEM])),
    },
    undefined,
  );
  t.deepEqual(
    found.map(({ id, what, why, next }) => [id, what, why, next]),
    [
      ['check-failed', 'the check thrown could not be made', 'unforeseen', undefined],
      ['good', 'it is off', 'it was set so', undefined],
      ['check-failed', 'the check rejected could not be made', 'a text', undefined],
      ['later', 'it is off', 'it was set so', 'run it'],
      ['later', 'it is off', 'it was set so', undefined],
    ],
  );
});

test('a check that failed is no error of the set-up: doctor does not fail by it', async (t) => {
  const [failed] = await runChecks<undefined>({ a: check(() => null) }, undefined);
  t.is(failed?.severity, 'warning');
});

test('a report has the worst first, in the order in which they were found, and counts each kind', (t) => {
  const report = reportOf(
    { script: null, directory: '/app' },
    ['a', 'b'],
    [
      finding({ id: 'i', severity: 'information' }),
      finding({ id: 'w1', severity: 'warning' }),
      finding({ id: 'e' }),
      finding({ id: 'w2', severity: 'warning' }),
    ],
  );
  t.deepEqual(
    report.findings.map(({ id }) => id),
    ['e', 'w1', 'w2', 'i'],
  );
  t.deepEqual(report.summary, { error: 1, warning: 2, information: 1 });
});

test('for a terminal a finding is its title, symptom, reason and fix, and the next command where there is one', (t) => {
  const place = { script: '/app/app.js', directory: '/app' };
  const one = reportOf(place, ['a'], [finding({ next: 'kf-cluster doctor' })]);
  t.is(
    renderReport(one, false),
    [
      'kf-cluster doctor  /app/app.js',
      '',
      'error one: it is off',
      `  symptom: ${SYMPTOMS['no-traces']}`,
      '  why: it was set so',
      '  fix: Unset it.',
      '  next: kf-cluster doctor',
      '',
      '1 checks: 1 error, 0 warnings, 0 for information',
      '',
    ].join('\n'),
  );
  const none = reportOf({ ...place, script: null }, [], []);
  t.is(renderReport(none, true), 'kf-cluster doctor  /app\n\n0 checks: 0 errors, 0 warnings, 0 for information\n');
});

test('colours stand in the title alone; what an app or a collector wrote moves no cursor', (t) => {
  const evil = finding({ what: 'a\u001b[2Jb', why: 'c\rd', fix: 'e\u202ef', next: 'g\u0007h' });
  const text = renderReport(reportOf({ script: 'x\u001b[1m', directory: '/' }, [], [evil]), true);
  t.is(text.split('\u001b').length - 1, 2, 'on and off');
  for (const bad of ['\r', '\u202e', '\u0007']) t.false(text.includes(bad));
});

test('an id stands in one table alone: a script that reads it knows what was found', (t) => {
  const ids = [SETUP_CHECKS, COLLECTOR_CHECKS, COLLECTOR_CONFIG_CHECKS, LIVE_CHECKS, LINTS].flatMap(Object.keys);
  t.is(new Set(ids).size, ids.length);
  t.true(ids.every((id) => /^[a-z0-9]+(-[a-z0-9]+)*$/.test(id)));
  t.deepEqual(Object.keys(LINT_SYMPTOMS).sort(), Object.keys(LINTS).sort());
});

test('each check and each lint has its row in the page of doctor, each symptom its part of the guide', (t) => {
  const page = doctorMarkdown();
  for (const id of [SETUP_CHECKS, COLLECTOR_CHECKS, COLLECTOR_CONFIG_CHECKS, LIVE_CHECKS, LINTS].flatMap(Object.keys))
    t.true(page.includes(`\n| \`${id}\` | `), id);
  const guide = troubleshootingMarkdown();
  for (const title of Object.values(SYMPTOMS)) t.true(guide.includes(`\n## ${title}\n`), title);
  for (const line of page.split('\n').filter((one) => one.startsWith('| `')))
    t.true([3, 4].includes(line.replaceAll('\\|', '').split('|').length - 2), line);
});

test('docs/DOCTOR.md is what the tables say', (t) => {
  t.is(readFileSync(join(root, 'docs/DOCTOR.md'), 'utf8'), doctorMarkdown(), 'npm run docs');
});
