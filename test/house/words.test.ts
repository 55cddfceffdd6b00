import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { root } from '../helpers/run-node.js';

/** What once stood for a thing that the field has a word for, and that word. */
const BANNED: Readonly<Record<string, string>> = {
  'dens?': 'segment directory',
  estate: 'exit bookkeeping',
  chronicle: 'lifecycle spans',
  'outlets?': 'output, sink, outbox',
  crew: 'process table',
  'trial|pulse': 'probe',
  'couriers?': 'flush process',
  'adopt\\w*|heirs?': 'recover, recovery candidate',
  'lanes?': 'pipeline',
  desk: 'request broker',
  board: 'connection table',
  farewell: 'exit report',
  news: 'notification',
  'tells?|told|telling': 'report, log, send, notify, distinguish',
};
/** Where a word has a meaning of its own: the lanes of a chart. */
const ELSEWHERE: Readonly<Record<string, RegExp>> = { 'lanes?': /^src\/dev\// };
/** `createDen` and `DEN_NAME` count as `directory`; the name on disk stays, for what an older release has left there. */
const wordsOf = (text: string) =>
  text
    .replaceAll("'den-", "'")
    .replaceAll(/den-(?=PID|<pid>|\\d)/g, '')
    .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
    .replaceAll('_', ' ');

test('each thing has the one name of the field, in code and in prose', (t) => {
  const files = ['src', 'hooks', 'build', 'docs'].flatMap((top) =>
    readdirSync(join(root, top), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.([cm]?tsx?|mjs|md)$/.test(name))
      .map((name) => join(top, name)),
  );
  const found = ['README.md', ...files].flatMap((file) => {
    const text = wordsOf(readFileSync(join(root, file), 'utf8'));
    const banned = Object.entries(BANNED).filter(([word]) => !ELSEWHERE[word]?.test(file));
    return banned.flatMap(([word, instead]) =>
      [...text.matchAll(new RegExp(`^.*\\b(${word})\\b.*$`, 'gim'))].map(
        ([line, name]) => `${file}: "${name}" is ${instead} here: ${line.trim()}`,
      ),
    );
  });
  t.deepEqual(found, []);
});
