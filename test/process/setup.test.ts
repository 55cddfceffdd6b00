import { fileURLToPath } from 'node:url';
import test from 'ava';
import { startReceiver } from '../../src/dev/receiver.js';
import { createStore } from '../../src/dev/store.js';
import { fixture, NODE, watch } from '../helpers/cluster.js';
import { get } from '../helpers/http.js';

const example = (name: string) => fileURLToPath(new URL(`../../../examples/${name}`, import.meta.url));

test('the example in code starts, scales, tells and stops', async (t) => {
  const program = watch(t, NODE, [example('programmatic/main.mjs')], { env: { PORT: '0' } });
  const [, port = ''] = await program.line(/^listening on .*?(\d+)\/?$/);
  await program.line(/^started 2 workers, running/);
  await program.line(/^worker 2 is ready/);
  t.regex((await get(port)).body, /^slot \d, generation 1/);
  program.kill('SIGTERM');
  t.is((await program.exit).code, 0);
  t.is(program.lines.filter((line) => /^worker \d ended: stop/.test(line)).length, 3);
});

test('one file: the primary never passes setup(), workers run its hooks and then the app, their spans arrive', async (t) => {
  const store = createStore();
  const receiver = await startReceiver({ grpcPort: 0, httpPort: 0, onTraces: (spans) => void store.add(spans) });
  t.teardown(() => receiver.close());
  const program = watch(t, NODE, [example('one-file/app.mjs')], {
    env: { PORT: '0', OTEL_EXPORTER_OTLP_ENDPOINT: receiver.grpcUrl },
  });
  const [, port = ''] = await program.line(/^listening on .*?(\d+)\/?$/);
  await program.line(/ready: 4 workers/);
  t.regex((await get(port)).body, /^worker \d, primary false/);
  program.kill('SIGTERM');
  t.is((await program.exit).code, 0);
  t.is(program.lines.filter((line) => /slot \d opens its own connections/.test(line)).length, 4);
  t.is(program.lines.filter((line) => /slot \d closes them/.test(line)).length, 4);
  t.is(program.lines.filter((line) => line.startsWith('listening on')).length, 4, 'the primary does not listen');
  t.is(store.spans().length, 1);
});

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
