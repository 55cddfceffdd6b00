import { basename } from 'node:path';
import test from 'ava';
import { filesBelow } from './sources.js';

/** What a file of that name is, is known from its directory. */
const USUAL = new Set(['index.ts', 'types.ts']);
/** How many there may be while others are being written. It only falls. */
const MOST = 0;

/** Built for the browser: a program of its own. */
const PAGE = 'src/dev/page/';

test('a file name stands once in src and hooks, but for the usual ones', (t) => {
  const files = filesBelow(['src', 'hooks'], /\.[cm]?(?:ts|js)$/).filter(
    (file) => !USUAL.has(basename(file)) && !file.startsWith(PAGE),
  );
  const twice = files.filter((file) => files.some((other) => other !== file && basename(other) === basename(file)));
  t.true(
    twice.length <= MOST,
    `${twice.join('\n')}\nname it by its concept and its room: status-of.ts, collector-probe.ts`,
  );
});
