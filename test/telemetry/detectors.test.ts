import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { detectAttributes } from '../../src/telemetry/detectors.js';
import { tree } from '../helpers/tree.js';
import { keptLog } from '../supervisor/kept-log.js';

/** Asks the detectors that OTEL_NODE_RESOURCE_DETECTORS names, of an app with these modules. */
async function detect(t: ExecutionContext, names: string, modules: Readonly<Record<string, string>> = {}) {
  const { log, lines } = keptLog();
  const files = Object.entries(modules).map(([name, text]) => [join('node_modules', name, 'index.js'), text]);
  const dir = tree(t, { 'package.json': '{}', ...Object.fromEntries(files) });
  const attributes = await detectAttributes([dir], { OTEL_NODE_RESOURCE_DETECTORS: names }, log);
  return { attributes, lines: lines() };
}

const AWS = '@opentelemetry/resource-detector-aws';
const GCP = '@opentelemetry/resource-detector-gcp';

test('without the variable, and with none, nobody is asked', async (t) => {
  const throws = { [AWS]: 'throw new Error("asked")' };
  t.deepEqual(await detect(t, '', throws), { attributes: {}, lines: [] });
  t.deepEqual(await detect(t, 'none,aws', throws), { attributes: {}, lines: [] });
});

test('values may be there at once, be promises, or be waited for as a whole; empty ones are left out', async (t) => {
  const { attributes, lines } = await detect(t, 'aws,gcp', {
    [AWS]: `exports.a = { detect: () => ({ attributes: { now: 1, later: Promise.resolve('x'), none: undefined, empty: '' } }) };
      exports.other = 'no detector';`,
    [GCP]: `const attributes = {};
      exports.b = { detect: async () => ({ attributes, waitForAsyncAttributes: async () => { attributes.zone = 'z'; } }) };`,
  });
  t.deepEqual([attributes, lines], [{ now: 1, later: 'x', zone: 'z' }, []]);
});

test('one that is named and not there is warned of with its package; among all it may be missing', async (t) => {
  const { attributes, lines } = await detect(t, 'gcp');
  t.deepEqual(attributes, {});
  t.like(lines[0], { level: 'warn', detector: 'gcp', fix: `npm i ${GCP}` });
  t.deepEqual((await detect(t, 'all')).lines, []);
});

test('a package that throws while it is loaded is said, and the others are asked all the same', async (t) => {
  const { attributes, lines } = await detect(t, 'aws,gcp', {
    [AWS]: "throw new Error('needs Node 22\\nand more')",
    [GCP]: "exports.b = { detect: () => ({ attributes: { zone: 'z' } }) }",
  });
  t.deepEqual(attributes, { zone: 'z' });
  t.is(lines.length, 1);
  t.like(lines[0], { level: 'warn', package: AWS, why: 'needs Node 22' });
});

test('one whose detection fails keeps what others of its package have said', async (t) => {
  const { attributes, lines } = await detect(t, 'aws', {
    [AWS]: `exports.a = { detect: () => ({ attributes: { known: 1 } }) };
      exports.b = { detect: async () => { await null; await null; await null; throw new Error('no metadata service'); } };`,
  });
  t.deepEqual(attributes, { known: 1 });
  t.like(lines[0], { level: 'warn', detector: 'aws', why: 'Error: no metadata service' });
});
