import test from 'ava';
import { HOOK_SIDES } from '../../hooks/types.js';
import { fixture, NODE, watch } from '../helpers/cluster.js';
import '../helpers/json-log.js';
import { session } from '../helpers/control.js';
import { get } from '../helpers/http.js';

test('a CommonJS app may use the one-file form too', async (t) => {
  const program = watch(t, NODE, [fixture('apps/one-file.cjs')]);
  const [, port = ''] = await program.line(/^listening (\d+)/);
  await program.ready(2);
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
  t.deepEqual(program.events('worker-starting'), []);
});

test('await using stops the cluster; a first generation that fails rejects start() with the code', async (t) => {
  const program = watch(t, NODE, [fixture('apps/disposes.mjs')]);
  t.is((await program.exit).code, 0);
  t.true(program.lines.includes('ready'));
  t.true(program.lines.includes('exit event 0'));
  t.true(program.lines.includes('rejected FIRST_GENERATION_FAILED 70'));
});

test('the one-file form runs every hook that there is', async (t) => {
  const { run, env } = session(t);
  const program = watch(t, NODE, [fixture('apps/all-hooks.mjs')], { env: { ...env, OPTIONS: '{"name":"shop"}' } });
  const [, port = ''] = await program.line(/^listening (\d+)/);
  await program.ready(2);
  await get(port, '/crash').catch(() => undefined); // it ends without an answer
  await program.line(/ran onLifecycle/);
  t.is((await run('reload', '--name', 'shop')).code, 0);
  t.is((await run('scale', '1', '--name', 'shop')).code, 0);
  t.is((await run('stop', '--name', 'shop')).code, 0);
  t.is((await program.exit).code, 0);
  const ran = new Set(program.lines.flatMap((line) => /ran (\w+)/.exec(line)?.[1] ?? []));
  t.deepEqual([...ran].sort(), Object.keys(HOOK_SIDES).sort());
});

const WRONG = [
  ['an unknown key', { OPTIONS: '{"worker":3}' }, 'CONFIG_INVALID', /worker: unknown key; did you mean workers\?/],
  [
    'a misspelt hook',
    { HOOKS: 'preShutdwon' },
    'HOOKS_INVALID',
    /preShutdwon is not a hook; did you mean preShutdown\?/,
  ],
  ['a hook that is none', { OPTIONS: '{"postFork":1}' }, 'HOOKS_INVALID', /postFork is a number/],
  ['a variable that is no text', { OPTIONS: '{"env":{"A":[]}}' }, 'CONFIG_INVALID', /env\.A: expected a text/],
] as const;
for (const [what, env, code, text] of WRONG) {
  test(`cluster.setup() refuses ${what}, before a fork`, async (t) => {
    const program = watch(t, NODE, [fixture('apps/all-hooks.mjs')], { env });
    t.is((await program.exit).code, 78);
    t.regex(program.stderr(), new RegExp(`error ${code}`));
    t.regex(program.stderr(), text);
    t.deepEqual(program.events('starting'), []);
  });
}
