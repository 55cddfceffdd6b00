import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { ALIASES } from '../../src/cli/command-names.js';
import { commandsOfHelp } from '../../src/cli/commands.js';
import { flagOf } from '../../src/config/option-row.js';
import { ROWS } from '../../src/config/options.js';
import { type ErrorCode, EXIT, KfError } from '../../src/contract/errors.js';
import { systemFix } from '../../src/contract/system-error.js';
import { root } from '../helpers/run-node.js';

// Who reads an error does what its fix says: what that names must be there.

const STRING = /'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`/.source;

interface Said {
  readonly file: string;
  readonly text: string;
}

/** The strings of our source that follow such a text in it; comments say nothing to users. */
function said(before: string): Said[] {
  const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' });
  return files
    .filter((file) => /\.c?ts$/.test(file) && !file.startsWith('dev/page'))
    .flatMap((file) => {
      const text = readFileSync(join(root, 'src', file), 'utf8').replaceAll(/^\s*(\/\/|\*|\/\*).*$/gm, '');
      const strings = text.matchAll(new RegExp(`${before}(?:${STRING})`, 'g'));
      return [...strings].map(([, a, b, c]) => ({ file, text: a ?? b ?? c ?? '' }));
    });
}

const ALL = said('');
const FIXES = said('\\bfix(?::| =)\\s*');

/** What matches in them, with a file that it stands in. */
function named(texts: readonly Said[], pattern: RegExp): ReadonlyMap<string, string> {
  return new Map(texts.flatMap(({ file, text }) => [...text.matchAll(pattern)].map(([, name = '']) => [name, file])));
}

const COMMANDS = [...commandsOfHelp().map(({ usage }) => usage.split(' ')[0] ?? ''), ...Object.keys(ALIASES)];

test('each page of the docs that a text sends to is there', (t) => {
  const pages = named(ALL, /\b(docs\/[\w./-]+\.md)\b/g);
  t.true(pages.size > 10);
  for (const [page, file] of pages) t.true(existsSync(join(root, page)), `${page}, to which ${file} sends`);
});

test('each command of ours that a fix tells to call is one', (t) => {
  const commands = named(FIXES, /\bkf-cluster ([a-z][a-z-]*[a-z])\b/g);
  t.true(commands.size > 5);
  const wrong = [...commands].filter(([command]) => !NO_COMMANDS.has(command) && !COMMANDS.includes(command));
  t.deepEqual(wrong, []);
});

/** Words of a sentence that stand behind our name. */
const NO_COMMANDS = new Set([
  'anew',
  'as',
  'or',
  'and',
  'is',
  'has',
  'says',
  'there',
  'please',
  'that',
  'forks',
  'again',
  'itself',
]);

/** Flags that are no options: of single commands, of Node, and of other programs that a fix tells to call. */
const OTHERS = (
  'help version json only env strict live offline out seconds follow lines since reopen worker force dry-run url logs action ' +
  'from target page page-port record listen-only collector-config app import require loader ulimit stop-timeout now cpu-prof color'
).split(' ');

test('each flag that a fix tells to give is one', (t) => {
  const flags = named(FIXES, /(?<![\w-])--([a-z][a-z-]*[a-z])\b/g);
  const known = new Set([...ROWS.flatMap((row) => [row.name, `no-${row.name}`, flagOf(row).slice(2)]), ...OTHERS]);
  t.true(flags.size > 15);
  t.deepEqual(
    [...flags].filter(([flag]) => !known.has(flag)),
    [],
  );
});

/** As they stand in the table. */
const CODES = [...readFileSync(join(root, 'src/contract/errors.ts'), 'utf8').matchAll(/^ {2}([A-Z_]+): \{ exit/gm)].map(
  ([, code]) => code as ErrorCode,
);

test('each code of the table ends with an exit code of docs/CONTROL.md, and has a fix that is a sentence', (t) => {
  const page = readFileSync(join(root, 'docs/CONTROL.md'), 'utf8');
  const [, rows = ''] = /## Exit codes\n\n([\s\S]*?)\n\n/.exec(page) ?? [];
  const documented = [...rows.matchAll(/^\| ([\d, /]+?) *\|/gm)].flatMap(([, codes = '']) =>
    codes.split(/[, /]+/).map(Number),
  );
  t.deepEqual(documented.toSorted(), Object.values(EXIT).toSorted());
  t.true(CODES.length > 40);
  for (const code of CODES) {
    const { exitCode, fix } = new KfError(code, 'what', 'why');
    t.true(documented.includes(exitCode) && exitCode !== 0, code);
    t.regex(fix, /^([A-Z]|kf-cluster )[^\n]+$/, code);
  }
});

test('a code is one that something says', (t) => {
  for (const code of CODES)
    t.true(
      ALL.some(({ text }) => new RegExp(`\\b${code}\\b`).test(text)),
      code,
    );
});

for (const [topic, codes, exit] of [
  [
    'what was typed',
    ['UNKNOWN_FLAG', 'BAD_FLAG', 'SCRIPT_MISSING', 'SCRIPT_NOT_FOUND', 'WHICH_ONE', 'BAD_REQUEST'],
    EXIT.usage,
  ],
  [
    'what stands in files and variables',
    ['CONFIG_INVALID', 'ENV_INVALID', 'HOOKS_INVALID', 'OTEL_INVALID', 'HEADERS_FILE'],
    EXIT.config,
  ],
  ['what another one holds', ['NAME_IN_USE', 'PIDFILE_IN_USE'], EXIT.taken],
  ['an app that cannot run', ['CRASH_LOOP', 'FIRST_GENERATION_FAILED', 'FORK_FAILED'], EXIT.crashLoop],
  ['what may pass', ['BUSY'], EXIT.busy],
] as const) {
  test(`a script that calls us tells from the exit code: ${topic}`, (t) => {
    for (const code of codes) t.is(new KfError(code, 'a', 'b').exitCode, exit, code);
  });
}

test('what the system refuses has a fix for its cause', (t) => {
  for (const [code, fix] of [
    ['EMFILE', /ulimit -n/],
    ['ENFILE', /fs\.file-max/],
    ['EAGAIN', /ulimit -u.*TasksMax/],
    ['ENOMEM', /memory/],
    ['ENOSPC', /disk/],
    ['EDQUOT', /quota/],
    ['EROFS', /can be written/],
    ['EACCES', /right/],
  ] as const)
    t.regex(systemFix(code) ?? '', fix, code);
});
