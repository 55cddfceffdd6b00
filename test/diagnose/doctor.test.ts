import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { SETUP_CHECKS } from '../../src/diagnose/checks/index.js';
import { root } from '../helpers/run-node.js';
import { DEPLOYMENT, ENVIRONMENT, PROJECT } from './broken.js';
import { MEANT_OTHERWISE } from './broken-values.js';
import { doctor, idsOf } from './set-up.js';

const BROKEN = [...PROJECT, ...ENVIRONMENT, ...DEPLOYMENT, ...MEANT_OTHERWISE];

for (const broken of BROKEN) {
  test(`${broken.id}: ${broken.title}`, async (t) => {
    const { report } = await doctor(t, broken);
    t.deepEqual(idsOf(report), [broken.id], JSON.stringify(report.findings, undefined, 2));
    const [finding] = report.findings;
    const text = `${finding!.what}\n${finding!.why}\n${finding!.fix}\n${finding!.next}`;
    if (broken.says) t.regex(text, broken.says);
    t.true([finding!.what, finding!.why, finding!.fix].every((part) => part.length > 5));
    t.notRegex(JSON.stringify(report), /f00dfacecafe42|Zm9vZGZhY2VjYWZl/);
  });
}

test('every check is shown by a broken set-up', (t) => {
  const shown = new Set(BROKEN.map(({ id }) => id));
  const open = ['sampler-breaks-traces']; // below
  t.deepEqual(
    Object.keys(SETUP_CHECKS).filter((id) => !shown.has(id)),
    open,
  );
  t.true(BROKEN.length >= 60, `${BROKEN.length} broken set-ups`);
});

test('a ratio sampler without its caller is two findings: the share, and the holes', async (t) => {
  const env = { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.25' };
  const { report } = await doctor(t, { env });
  t.deepEqual(idsOf(report), ['sampler-breaks-traces', 'sampling-rate']);
});

test('a healthy app has no findings', async (t) => {
  const { report } = await doctor(t, {});
  t.deepEqual(report.findings, []);
});

for (const name of readdirSync(join(root, 'examples'))) {
  test(`no warning and no error on the example ${name}`, async (t) => {
    const { examine } = await import('../../src/diagnose/doctor.js');
    const dir = join(root, 'examples', name);
    const script = readdirSync(dir).find((file) => /^(app|main)\.[cm]?js$/.test(file));
    const environment = { PATH: process.env.PATH, HOME: process.env.HOME };
    const input = { script: script && join(dir, script), args: [], flags: {}, environment, cwd: dir };
    const { report } = await examine(input, { offline: true });
    t.deepEqual(
      // What the Socket.IO example needs is installed for its own test, elsewhere.
      report.findings.filter(({ severity, id }) => severity !== 'information' && id !== 'dependency-missing'),
      [],
    );
  });
}
