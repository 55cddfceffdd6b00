import test from 'ava';
import { filesBelow, textOf } from './sources.js';

/** How many there may be in src and hooks. These numbers only fall: a parser, a guard or a better type takes a cast's place. */
const MOST = { casts: 87, assertions: 42 };

const COMMENT_OR_TEXT = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g;
const IMPORTS = /^(?:import|export)(?: type)? (?:\w+, )?(?:\* as|\{[^}]*\} from|type \{)[^;]*;/gm;
/** Prose between the tags of a view. */
const TAGGED = /(?<=>)[^<>{}]*(?=<)/g;
/** `as const` says nothing that is not so; `[K in Keys as Name]` renames the keys of a type. */
const CAST = /(?<! in \w+)(?<=[\w)\]}_]) as (?!const\b)/g;
const ASSERTION = /(?<=[\w)\]}])!(?=[.[;,)\]}\s:(])/g;

function codeOf(file: string): string {
  const code = textOf(file)
    .replaceAll(COMMENT_OR_TEXT, (found) => (found.startsWith('/') ? '' : '_'))
    .replaceAll(IMPORTS, '');
  return file.endsWith('.tsx') ? code.replaceAll(TAGGED, '') : code;
}

test('casts and non-null assertions only become fewer', (t) => {
  const code = filesBelow(['src', 'hooks'], /\.c?tsx?$/).map(codeOf);
  const count = (pattern: RegExp) => code.reduce((sum, text) => sum + (text.match(pattern)?.length ?? 0), 0);
  const found = { casts: count(CAST), assertions: count(ASSERTION) };
  t.true(
    found.casts <= MOST.casts,
    `${found.casts} casts, ${MOST.casts} at most: parse it, guard it, or type it better`,
  );
  t.true(found.assertions <= MOST.assertions, `${found.assertions} assertions, ${MOST.assertions} at most`);
});
