import test from 'ava';
import { watch } from '../helpers/cluster.js';
import { collector, inRepo, portOf } from '../helpers/example.js';
import { get } from '../helpers/http.js';
import '../helpers/json-log.js';

test.serial('programmatic: start, scale, stop and events', async (t) => {
  const { store, env } = await collector(t);
  const program = watch(t, process.execPath, [inRepo('examples/programmatic/main.mjs')], { env });
  await program.line(/^started 2 workers, running/);
  await program.line(/^scaled to 3/);
  const port = await portOf(program, 3);
  t.regex((await get(port)).body, /^slot [012], generation 1\n/);
  program.kill('SIGTERM');
  t.is((await program.exit).code, 0);
  t.is(program.lines.filter((line) => /^worker \d is ready/.test(line)).length, 3);
  t.is(program.lines.filter((line) => /^worker \d ended: stop/.test(line)).length, 3);
  t.is(program.lines.at(-1) === 'stopped' || program.stdout().endsWith('stopped\n'), true);
  t.is(store.spans().length, 1);
});

test.serial(
  'one-file: the primary never passes setup(), each worker runs its hooks and the rest of the file',
  async (t) => {
    const { store, env } = await collector(t);
    const program = watch(t, process.execPath, [inRepo('examples/one-file/app.mjs')], { env });
    const port = await portOf(program, 4);
    t.regex((await get(port)).body, /^worker \d, primary false\n/);
    program.kill('SIGTERM');
    t.is((await program.exit).code, 0);
    t.is(program.lines.filter((line) => /^listening on/.test(line)).length, 4);
    t.is(program.lines.filter((line) => /slot \d opens its own connections here/.test(line)).length, 4);
    t.is(program.lines.filter((line) => /slot \d closes them.*"reason":"stop"/.test(line)).length, 4);
    t.is(store.spans().length, 1);
  },
);
