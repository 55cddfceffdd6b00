import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { openLogFile } from '../../src/primary/log-file.js';
import { workDir } from '../helpers/control.js';

test('a file that would grow too large is renamed, and the one before it goes', (t) => {
  const dir = workDir(t);
  const path = join(dir, 'a.log');
  const write = openLogFile(path, 10);
  for (const line of ['one\n', 'two\n', 'three\n', 'four\n', 'far too long for it\n']) write(line);
  t.is(readFileSync(path, 'utf8'), 'far too long for it\n');
  t.is(readFileSync(`${path}.1`, 'utf8'), 'four\n');
  t.deepEqual(readdirSync(dir).sort(), ['a.log', 'a.log.1']);
});

test('it appends to what is there, and counts it', (t) => {
  const path = join(workDir(t), 'a.log');
  openLogFile(path, 10)('12345678');
  openLogFile(path, 10)(Buffer.from('90ab'));
  t.is(readFileSync(`${path}.1`, 'utf8'), '12345678');
  t.is(readFileSync(path, 'utf8'), '90ab');
});
