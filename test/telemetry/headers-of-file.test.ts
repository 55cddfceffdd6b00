import { chmodSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { headersOfFile } from '../../src/telemetry/headers-of-file.js';
import { privateDir } from '../helpers/cluster.js';
import { keptLog } from '../supervisor/kept-log.js';

function opened(t: ExecutionContext, text = 'api-key=old') {
  const { log, lines } = keptLog();
  const file = join(privateDir(t), 'otlp.headers');
  writeFileSync(file, text, { mode: 0o600 });
  return { file, lines, log, headers: headersOfFile(file, log) };
}

test('a key that was rotated is used by the next call, said once, and never shown', (t) => {
  const { file, lines, headers } = opened(t);
  t.deepEqual([headers(), headers()], [{ 'api-key': 'old' }, { 'api-key': 'old' }]);
  t.deepEqual(lines(), []);
  writeFileSync(`${file}.new`, 'api-key=brand-new', { mode: 0o600 });
  renameSync(`${file}.new`, file);
  t.deepEqual([headers(), headers()], [{ 'api-key': 'brand-new' }, { 'api-key': 'brand-new' }]);
  t.is(lines().length, 1);
  t.false(JSON.stringify(lines()).includes('brand-new'));
});

for (const [what, spoil] of [
  ['is gone', (file: string) => rmSync(file)],
  ['is malformed', (file: string) => writeFileSync(file, 'no pair\n')],
  [
    'cannot be reached',
    (file: string) => {
      rmSync(file);
      symlinkSync(file, file); // stat itself fails, as it does in a directory that may not be entered
    },
  ],
] as const) {
  test(`while the file ${what} its last headers are used, and it is said once until it changes again`, (t) => {
    const { file, lines, headers } = opened(t);
    spoil(file);
    t.deepEqual([headers(), headers(), headers()], Array(3).fill({ 'api-key': 'old' }));
    t.is(lines().length, 1);
    t.like(lines()[0], { level: 'warn', msg: 'headers file cannot be read again', file });
    rmSync(file, { force: true });
    writeFileSync(file, 'api-key=mended', { mode: 0o600 });
    t.deepEqual(headers(), { 'api-key': 'mended' });
  });
}

test('one that everybody can read is warned of with the command that helps; without a file there is no start', (t) => {
  const { file, log, lines } = opened(t);
  chmodSync(file, 0o644);
  headersOfFile(file, log);
  t.like(lines().at(-1), { level: 'warn', fix: `chmod 600 ${file}` });
  t.throws(() => headersOfFile(`${file}.none`, log), { message: /cannot read the headers file/ });
});
