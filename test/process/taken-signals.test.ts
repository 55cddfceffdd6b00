import test from 'ava';
import { fixture, NODE, watch } from '../helpers/cluster.js';

test('a signal that was taken over does not end the process when the app removes its listeners; let go of, it does', async (t) => {
  const program = watch(t, NODE, [fixture('signals/taken.mjs')]);
  await program.line(/^listeners 0$/);
  t.true(program.lines.includes('removed SIGTERM'));
  for (const count of [1, 2, 3, 4]) {
    program.kill('SIGTERM');
    await program.line(new RegExp(`^taken ${count}$`));
  }
  t.false(program.lines.includes('heard'));
  program.kill('SIGINT');
  await program.line(/^let go$/);
  program.kill('SIGTERM');
  t.is((await program.exit).signal, 'SIGTERM');
});
