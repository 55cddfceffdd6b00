import { readFileSync } from 'node:fs';
import test from 'ava';
import { cut, displayWidth, flow, pad } from '../../src/cli/display-width.js';
import { LIST_COLUMNS } from '../../src/cli/list-command.js';
import { STATUS_COLUMNS } from '../../src/cli/render-status.js';
import { overdraw, type Screen, screenOf } from '../../src/cli/screen.js';
import { type Column, table } from '../../src/cli/text-table.js';

interface Row {
  readonly name: string;
  readonly pid: number;
  readonly phase: string;
  readonly script: string;
}

const COLUMNS: readonly Column<Row>[] = [
  { title: 'NAME', cut: 'end', cell: ({ name }) => name },
  { title: 'PID', right: true, leave: 2, cell: ({ pid }) => String(pid) },
  {
    title: 'PHASE',
    cell: ({ phase }) => phase,
    brief: ({ phase }) => phase.split(' ')[0] ?? '',
    color: ({ phase }) => (phase === 'ready' ? 'green' : undefined),
  },
  { title: 'SCRIPT', cut: 'start', leave: 1, cell: ({ script }) => script },
];
const ROWS: readonly Row[] = [
  { name: '商店', pid: 7, phase: 'ready', script: '/srv/shop/app.js' },
  { name: 'a-very-long-name-of-an-app', pid: 12345, phase: 'starting for long', script: '/srv/releases/42/app.js' },
];
const wide = (columns: number, color = false): Screen => ({ columns, rows: 24, color, live: false });
const linesOf = (columns: number) => table(COLUMNS, ROWS, wide(columns)).trimEnd().split('\n');

test('a table that fits is whole, with wide characters in two cells', (t) => {
  t.deepEqual(linesOf(Number.POSITIVE_INFINITY), [
    'NAME                          PID  PHASE              SCRIPT',
    '商店                            7  ready              /srv/shop/app.js',
    'a-very-long-name-of-an-app  12345  starting for long  /srv/releases/42/app.js',
  ]);
});

test('on less room cells are brief, then cut, and then columns are left out in their order', (t) => {
  t.deepEqual(linesOf(66), [
    'NAME                          PID  PHASE     SCRIPT',
    '商店                            7  ready     /srv/shop/app.js',
    'a-very-long-name-of-an-app  12345  starting  …v/releases/42/app.js',
  ]);
  t.deepEqual(linesOf(45), [
    'NAME              PID  PHASE     SCRIPT',
    '商店                7  ready     …shop/app.js',
    'a-very-long-n…  12345  starting  …s/42/app.js',
  ]);
  t.deepEqual(linesOf(40), [
    'NAME                       PID  PHASE',
    '商店                         7  ready',
    'a-very-long-name-of-an…  12345  starting',
  ]);
  t.deepEqual(linesOf(25), ['NAME             PHASE', '商店             ready', 'a-very-long-na…  starting']);
});

test('no line is wider than the terminal, from the width that the columns which stay need', (t) => {
  for (let columns = 22; columns < 100; columns++) {
    for (const line of linesOf(columns)) t.true(displayWidth(line) <= columns, `${columns}: ${line}`);
  }
});

test('a colour does not move what follows', (t) => {
  const [, first = ''] = table(COLUMNS, ROWS, wide(80, true)).split('\n');
  t.true(first.includes('\u001b[32mready\u001b[0m              /srv'));
});

test('width in cells', (t) => {
  const widths = {
    abc: 3,
    商店: 4,
    é: 1,
    'e\u0301': 1,
    '👍': 2,
    '👩‍👩‍👧': 2,
    '❤\ufe0f': 2,
    '…': 1,
    한국: 4,
    '\u200b': 0,
  };
  t.deepEqual(Object.fromEntries(Object.keys(widths).map((text) => [text, displayWidth(text)])), widths);
});

test('a cut never goes through a character', (t) => {
  t.is(cut('商店商店', 6, 'end'), '商店…');
  t.is(cut('商店商店', 5, 'start'), '…商店');
  t.is(cut('商店', 4, 'end'), '商店');
  t.is(cut('abc', 1, 'end'), '…');
  t.is(pad('商', 4, 'left'), '  商');
});

test('a line breaks between parts only', (t) => {
  t.is(flow(['shop', 'pid 42', 'running'], '  ', 14), 'shop  pid 42\nrunning');
  t.is(flow(['a', 'much-too-long', 'b'], ' ', 5, '  '), 'a\n  much-too-long\n  b');
  t.is(flow(['a', 'b'], ' ', Number.POSITIVE_INFINITY), 'a b');
});

test('what is watched takes the place of what was there, and no more of it than fits', (t) => {
  const text = 'a\nb\nc\nd\n';
  const screen = { columns: 80, color: false, live: true };
  t.is(overdraw(text, { ...screen, rows: 24 }), `\u001b[H\u001b[2J${text}`);
  t.is(overdraw(text, { ...screen, rows: 4 }), '\u001b[H\u001b[2Ja\nb\n... 2 lines more\n');
  t.is(overdraw(text, { ...screen, rows: 4, live: false }), text);
});

test('a stream that is no terminal has no width and no cursor', (t) => {
  const stream = (isTTY: boolean, columns: number) => ({ isTTY, columns, rows: 24 }) as NodeJS.WriteStream;
  const none = { columns: Number.POSITIVE_INFINITY, rows: Number.POSITIVE_INFINITY, live: false };
  t.deepEqual(screenOf(stream(false, 80), {}), { ...none, color: false });
  t.deepEqual(screenOf(stream(false, 80), { FORCE_COLOR: '1' }), { ...none, color: true });
  t.deepEqual(screenOf(stream(true, 40), {}), { columns: 40, rows: 24, color: true, live: true });
  t.deepEqual(screenOf(stream(true, 40), { TERM: 'dumb' }), { columns: 40, rows: 24, color: false, live: false });
  t.is(screenOf(stream(true, 0), {}).columns, Number.POSITIVE_INFINITY);
});

test('docs/CONTROL.md says in which order columns are left out', (t) => {
  const docs = readFileSync('docs/CONTROL.md', 'utf8');
  for (const [name, columns] of Object.entries({ status: STATUS_COLUMNS, list: LIST_COLUMNS })) {
    const order = (leave: number | undefined) => leave ?? Number.POSITIVE_INFINITY;
    const leaving = columns.toSorted((a, b) => order(a.leave) - order(b.leave));
    const titles = (stays: boolean) =>
      leaving
        .filter(({ leave }) => (leave === undefined) === stays)
        .map(({ title }) => title)
        .join(', ');
    t.regex(docs, new RegExp(`\\| \`${name}\` +\\| ${titles(false)} +\\| ${titles(true)} +\\|`));
  }
});
