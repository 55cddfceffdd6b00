import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import test from 'ava';
import { play } from './script.js';

/**
 * Each script is a list of commands with what they must cause. To accept what they cause now, after reading it:
 * KF_REWRITE=1 npx ava dist/test/core/golden.test.js, then look at the difference.
 */
const FOLDER = new URL('../../../test/core/testdata/', import.meta.url);

for (const name of readdirSync(FOLDER).filter((file) => file.endsWith('.txt'))) {
  test(name.replace('.txt', ''), (t) => {
    const file = new URL(name, FOLDER);
    const wanted = readFileSync(file, 'utf8');
    const played = play(wanted);
    if (process.env.KF_REWRITE) writeFileSync(file, played);
    t.is(played, readFileSync(file, 'utf8'));
  });
}
