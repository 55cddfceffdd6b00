import test, { type ExecutionContext } from 'ava';
import { displayWidth } from '../../src/cli/display-width.js';
import { fixture } from '../helpers/cluster.js';
import '../helpers/json-log.js';
import { type Session, session } from '../helpers/control.js';
import { onTerminal } from '../helpers/terminal.js';

const NAME = '商店-of-a-company-with-a-long-name';
const EACH = '"$0" "$@" status; "$0" "$@" list; "$0" "$@" describe 0';

async function shop(t: ExecutionContext): Promise<Session> {
  const user = session(t);
  const shop = user.start(['start', fixture('apps/http.cjs'), '-w', '2', '--name', NAME, '--traces-exporter', 'none'], {
    env: { PORT: '0' },
  });
  await shop.ready(2);
  return user;
}

/** What commands print on a terminal of this width. `"$0" "$@"` is ours. */
async function printed(
  t: ExecutionContext,
  { env }: Session,
  setup: string,
  commands: string,
): Promise<string[] | undefined> {
  const terminal = onTerminal(t, ['sh', '-c', `${setup}; ${commands}`, 'kf-cluster'], { env });
  if (terminal === undefined) return undefined;
  t.is(await terminal.ended(), 0);
  return terminal.lines.map((line) => line.replace(/\r$/, ''));
}

test('no line of status, list and describe is wider than the terminal', async (t) => {
  const user = await shop(t);
  for (const columns of [40, 80]) {
    const lines = await printed(t, user, `stty cols ${columns}; export NO_COLOR=1`, EACH);
    if (lines === undefined) return;
    const [first = ''] = lines.filter((line) => line.startsWith('SLOT'));
    t.is(/SPANS/.test(first), columns >= 80);
    t.true(lines.some((line) => /^NAME/.test(line)) && lines.some((line) => /^memory/.test(line)));
    // Only a path without a space is not broken: it can be copied.
    for (const line of lines)
      t.true(displayWidth(line) <= columns || line.includes('/http.cjs'), `${columns}: ${line}`);
  }
});

test('colours are for a terminal that wants them, and nothing else moves its cursor', async (t) => {
  const user = await shop(t);
  const escapes = (lines: readonly string[] = []) => lines.join('\n').includes('\u001b');
  const colored = await printed(t, user, 'export TERM=xterm', '"$0" "$@" status');
  if (colored === undefined) return;
  t.true(colored.join('\n').includes('\u001b[32mready\u001b[0m'));
  t.false(escapes(await printed(t, user, 'export TERM=dumb', '"$0" "$@" list; "$0" "$@" restart 0')));
  t.false(escapes(await printed(t, user, 'export TERM=xterm NO_COLOR=1', '"$0" "$@" status')));
  t.false(escapes(await printed(t, user, 'export TERM=xterm', '"$0" "$@" status | cat')));
  t.true(escapes(await printed(t, user, 'export TERM=xterm FORCE_COLOR=1', '"$0" "$@" status | cat')));
});

test('a reload on a narrow terminal draws over its own lines only', async (t) => {
  const user = await shop(t);
  const lines = await printed(t, user, 'stty cols 40; export TERM=xterm NO_COLOR=1', '"$0" "$@" reload');
  if (lines === undefined) return;
  const shown = lines.filter((line) => line.includes('slot '));
  t.true(shown.length > 4);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: an escape sequence takes no room
  for (const line of shown) t.true(line.replace(/\u001b\[\d*[A-Z]/g, '').length < 40, line);
  t.true(lines.some((line) => /^reload: done/.test(line)));
});
