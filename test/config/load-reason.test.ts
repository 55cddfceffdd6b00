import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import test from 'ava';
import { loadReason } from '../../src/config/load-reason.js';
import { privateDir } from '../helpers/cluster.js';

test('the line of an ES module that does not parse is named, and whoever asks goes on meanwhile', async (t) => {
  const file = join(privateDir(t), 'broken.mjs');
  writeFileSync(file, 'export const a = 1;\nexport const = 5;\n');
  const error = await t.throwsAsync(import(pathToFileURL(file).href), { instanceOf: SyntaxError });
  let turns = 0;
  let next = setImmediate(function turn() {
    turns += 1;
    next = setImmediate(turn);
  });
  const reason = await loadReason(error, file);
  clearImmediate(next);
  t.is(reason, `SyntaxError: ${error.message}\n      at ${file}:2`);
  t.true(turns > 20, `${turns} turns of the event loop while another Node read the file`);
});

test('of an error of the code itself it is the place in its stack, and what is no error is said as it is', async (t) => {
  const error = new RangeError('boom');
  error.stack = 'RangeError: boom\n    at file:///srv/app/kf.config.mjs:3:7\n    at node:internal/x';
  t.is(
    await loadReason(error, '/srv/app/kf.config.mjs'),
    'RangeError: boom\n      at file:///srv/app/kf.config.mjs:3:7',
  );
  t.is(await loadReason('just text', '/x'), 'just text');
});
