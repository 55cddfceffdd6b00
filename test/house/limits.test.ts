import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { root } from '../helpers/run-node.js';

const LIMITS = { file: 250, function: 60, core: 40 };
/** What is longer, and how long it may be. These numbers only fall. */
const LONGER: Readonly<Record<string, number>> = {
  'src/cli/control-commands.ts declareControl': 75,
  'src/run/held-output.ts holdOutput': 70,
  'src/supervisor/connection-moves.ts createMoving': 70,
  'src/supervisor/log-notifications.ts logNotification': 70,
  'src/supervisor/node-ports.ts fork': 75,
  'src/supervisor/process-table.ts createProcessTable': 160,
  'src/supervisor/socket-paths.ts createSocketPaths': 80,
  'src/supervisor/worker-output.ts createOutputs': 65,
  'src/worker/boot/begin.ts beginBoot': 75,
  'src/worker/boot/worker-context.ts createWorkerContext': 65,
  'src/worker/servers/track-servers.ts trackServers': 100,
};

const sources = ['src', 'hooks', 'build'].flatMap((top) =>
  readdirSync(join(root, top), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(c?ts|mjs)$/.test(name))
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
  const found = sources.flatMap((file) => {
    const lines = readFileSync(join(root, file), 'utf8').trimEnd().split('\n');
    const most = file.startsWith('src/core/') ? LIMITS.core : LIMITS.function;
    const long = functionsOf(lines).filter(([, length]) => length > most);
    return [
      ...(lines.length > LIMITS.file ? [[file, lines.length] as const] : []),
      ...long.map(([name, length]) => [`${file} ${name}`, length] as const),
    ];
  });
  const tooLong = found.filter(([name, length]) => length > (LONGER[name] ?? 0));
  t.deepEqual(tooLong, [], 'split it: one concept a file, and a function that fits on a screen');
  const names = new Set(found.map(([name]) => name));
  t.deepEqual(
    Object.keys(LONGER).filter((name) => !names.has(name)),
    [],
    'short now: take it off the list',
  );
});
