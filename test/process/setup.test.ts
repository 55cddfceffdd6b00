import test from 'ava';
import { fixture, NODE, watch } from '../helpers/cluster.js';
import { get } from '../helpers/http.js';

test('a CommonJS app may use the one-file form too', async (t) => {
  const program = watch(t, NODE, [fixture('apps/one-file.cjs')]);
  const [, port = ''] = await program.line(/^listening (\d+)/);
  await program.line(/ready: 2 workers/);
  t.is((await get(port)).body, 'postFork ran');
  program.kill('SIGTERM');
  t.is((await program.exit).code, 0);
});

test('a provider that is registered in the primary is refused before the first fork, with the way out', async (t) => {
  const program = watch(t, NODE, [fixture('apps/provider-in-primary.cjs')]);
  t.is((await program.exit).code, 78);
  t.regex(program.stderr(), /error PROVIDER_IN_PRIMARY/);
  t.regex(program.stderr(), /why: .*service\.instance\.id/);
  t.regex(program.stderr(), /fix: .*postFork/);
  t.notRegex(program.stderr(), /worker 0/);
});

test('await using stops the cluster; a first generation that fails rejects start() with the code', async (t) => {
  const program = watch(t, NODE, [fixture('apps/disposes.mjs')]);
  t.is((await program.exit).code, 0);
  t.true(program.lines.includes('ready'));
  t.true(program.lines.includes('exit event 0'));
  t.true(program.lines.includes('rejected FIRST_GENERATION_FAILED 70'));
});
