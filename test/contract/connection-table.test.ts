import { closeSync } from 'node:fs';
import test from 'ava';
import { clearRows, openRow } from '../../src/contract/connection-table.js';
import { createLog } from '../../src/contract/log.js';
import { openConnectionTable } from '../../src/supervisor/open-connection-table.js';

const standing = (open: number) => ({ open, accepted: open + 1, holding: 4 });

const logTo = (lines: string[]) =>
  createLog({ format: 'pretty', level: 'warn', label: 'test', sink: (line) => lines.push(line) });

function connectionTable(): number {
  const { fd } = openConnectionTable(logTo([]), true);
  if (fd === 'ignore') throw new Error('no board');
  return fd;
}

test('each worker sees the others that listen at the same address, and not itself', (t) => {
  const fd = connectionTable();
  const rows = [1, 2, 3].map((worker) => openRow(fd, worker, '127.0.0.1:80'));
  const elsewhere = openRow(fd, 1, '127.0.0.1:81');
  t.deepEqual(rows[0]?.peers(), []);
  for (const [index, row] of rows.entries()) row.write(standing(index));
  elsewhere.write(standing(9));
  t.deepEqual(rows[0]?.peers(), [standing(1), standing(2)]);
  t.deepEqual(rows[2]?.peers(), [standing(0), standing(1)]);
  rows[1]?.clear();
  t.deepEqual(rows[0]?.peers(), [standing(2)]);
  clearRows(fd, 3);
  t.deepEqual(rows[0]?.peers(), []);
  t.deepEqual(elsewhere.peers(), []);
  closeSync(fd);
});

test('a board that is gone shows nobody, and nothing fails', (t) => {
  const fd = connectionTable();
  const row = openRow(fd, 1, 'a');
  closeSync(fd);
  row.write(standing(1));
  row.clear();
  clearRows(fd, 1);
  t.deepEqual(row.peers(), []);
});

test('where no board can be made the workers read an empty one, and it is told with the reason and the fix', (t) => {
  const lines: string[] = [];
  const { fd, ended } = openConnectionTable(logTo(lines), true, ['/nowhere', '/proc/version']);
  t.is(fd, 'ignore');
  t.notThrows(() => ended(1));
  t.is(lines.length, 1);
  t.regex(lines[0] ?? '', /may pile up on one worker.*ENOENT.*ENOTDIR.*--scheduling rr/s);
});
