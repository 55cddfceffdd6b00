import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { root } from '../helpers/run-node.js';

const LIMITS = { file: 250, function: 60, core: 40 };
const sources = ['src', 'hooks', 'build'].flatMap((top) =>
  readdirSync(join(root, top), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(c?tsx?|mjs)$/.test(name))
    .map((name) => join(top, name)),
);

/** Functions, methods and function literals by their first lines, as the formatter writes them, with their lengths. */
function functionsOf(lines: readonly string[]): [name: string, length: number][] {
  return lines.flatMap((line, at): [string, number][] => {
    const [, indent = '', name] =
      /^( *)(?:export )?(?:default )?(?:async )?function\*? (\w+)/.exec(line) ??
      /^( *)(?:export )?const (\w+) = (?:async )?\(.*=> \{$/.exec(line) ??
      /^( *)(?:static |async |get |set )*(#?\w+)\([^()]*\)(?:: .*)? \{$/.exec(line) ??
      [];
    if (name === undefined || /^(?:if|for|while|switch|catch)$/.test(name)) return [];
    const end = lines.findIndex((other, i) => i > at && other.startsWith(`${indent}}`) && !/^ *\}: /.test(other));
    return end < 0 ? [] : [[name, end - at + 1]];
  });
}

test('files have at most 250 lines, functions 60, those of core 40', (t) => {
  const tooLong = sources.flatMap((file) => {
    const lines = readFileSync(join(root, file), 'utf8').trimEnd().split('\n');
    const most = file.startsWith('src/core/') ? LIMITS.core : LIMITS.function;
    const long = functionsOf(lines).filter(([, length]) => length > most);
    return [
      ...(lines.length > LIMITS.file ? [[file, lines.length] as const] : []),
      ...long.map(([name, length]) => [`${file} ${name}`, length] as const),
    ];
  });
  t.deepEqual(tooLong, [], 'split it: one concept a file, and a function that fits on a screen');
});
