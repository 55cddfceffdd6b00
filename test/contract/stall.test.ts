import test from 'ava';
import { parseStall, renderStall, type StallReport, stallLine } from '../../src/contract/stall.js';
import { createStallReader } from '../../src/supervisor/stall-reader.js';

const REPORT: StallReport = { type: 'hung', ms: 30_012, frames: ['spin (/app/x.js:10:3)', 'größe (/app/y.js:1:1)'] };

test('a report survives its line', (t) => {
  t.deepEqual(parseStall(stallLine(REPORT)), REPORT);
});

for (const line of [
  '',
  'hello',
  '{',
  '[]',
  'null',
  '{"type":"ready"}',
  '{"type":"hung","ms":"1","frames":[]}',
  '{"type":"hung","ms":1,"frames":[2]}',
]) {
  test(`no report: ${line || 'nothing'}`, (t) => t.is(parseStall(line), undefined));
}

test('the reader puts reports together from any pieces and drops what is none', (t) => {
  const bytes = Buffer.from(`noise\n${stallLine(REPORT)}${stallLine(REPORT)}`);
  for (let size = 1; size <= bytes.length; size += 7) {
    const reports: StallReport[] = [];
    const read = createStallReader((report) => reports.push(report));
    for (let at = 0; at < bytes.length; at += size) read(bytes.subarray(at, at + size));
    t.deepEqual(reports, [REPORT, REPORT]);
  }
});

test('the text names the worker, the time and the calls, or why there are none', (t) => {
  t.is(
    renderStall(2, { ms: 24_090, frames: ['spin (/app/x.js:10:3)', 'serve (/app/x.js:4:1)'] }),
    'worker 2 is blocked for 24.1 s in:\n    at spin (/app/x.js:10:3)\n    at serve (/app/x.js:4:1)',
  );
  t.is(renderStall(0, { ms: 800, frames: [], why: 'no inspector' }), 'worker 0 is blocked for 0.8 s; no inspector');
});
