import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { kf } from '../helpers/cli.js';
import { OWN_PLACE } from '../helpers/own-place.js';
import { filesBelow, textOf } from './sources.js';

/** An environment made from the search path alone, as for a program of its own. */
const BARE = /\b(?:env|bare)(?: =|:) \{ PATH\b(?!.*\b(?:OWN_PLACE|XDG_RUNTIME_DIR)\b)/;
/** Bare on purpose: a program without a line of ours. */
const WITHOUT_US = new Set(['test/faults/bare.ts']);

test('no test meets a supervisor that this user really runs', async (t) => {
  const place = '[process.env.XDG_RUNTIME_DIR]';
  const inherited = spawnSync(process.execPath, ['-p', `JSON.stringify(${place})`], { encoding: 'utf8' });
  t.deepEqual(JSON.parse(inherited.stdout), [OWN_PLACE.XDG_RUNTIME_DIR], 'AVA loads own-place.js before the tests');
  t.deepEqual(JSON.parse((await kf(['list', '--json'], '/')).stdout), [], 'the helper that runs the command line');
  const files = filesBelow(['test'], /\.ts$/);
  t.deepEqual(
    files.filter((file) => BARE.test(textOf(file)) && !WITHOUT_US.has(file)),
    [],
    'add ...OWN_PLACE of test/helpers/own-place.ts to its environment',
  );
});

test('a process of tests leaves nothing in the temporary directory, whatever it and those that it starts have made there', (t) => {
  t.is(tmpdir(), OWN_PLACE.TMPDIR);
  const system = mkdtempSync(join(tmpdir(), 'system-'));
  const place = fileURLToPath(import.meta.resolve('../helpers/own-place.js'));
  const make = "require('node:fs').mkdtempSync(require('node:os').tmpdir() + '/left-')";
  const child = `require('node:child_process').execFileSync(process.execPath, ['-e', ${JSON.stringify(make)}])`;
  const text = `await import(${JSON.stringify(place)}); const { createRequire } = await import('node:module');
const require = createRequire('/'); ${child}; console.log(${make})`;
  const args = ['--input-type=module', '--eval', text];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', env: { TMPDIR: system } });
  t.true(stdout.startsWith(`${system}/kf-`), stderr);
  t.deepEqual(readdirSync(system), []);
});
